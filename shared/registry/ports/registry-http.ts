import { createHash } from "node:crypto";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { getCACertificates } from "node:tls";
import { systemClock } from "../../ports/system-clock.ts";
import {
  BODY_SILENCE_MS,
  type HttpAnswer,
  type HttpQuestion,
  type HttpStream,
  type RegistryCertificates,
  type RegistryHttp,
} from "../registry-world.ts";

/** Connections to one registry at a time; people create few services at once. */
const SOCKETS_MAX = 8;
/** Connections that are kept for the next service; the least recently used go first. */
const IDLE_SOCKETS_MAX = 16;
const IDLE_MS = 60_000;
/** Registries with certificates of their own, whose connections are kept. */
const SPECIAL_AGENTS_MAX = 16;
const NO_ANSWER = "no answer in time";
/** Of a body that nobody wants, what costs less than another connection. */
const LEFT_BYTES_MAX = 64 * 1024;
const LEFT_SILENCE_MS = 5_000;

/** HTTP as registries speak it. Connections are kept; the system's certificates are trusted, as skopeo trusts them. */
export class NodeRegistryHttp implements RegistryHttp, Disposable {
  readonly #plain = new HttpAgent(AGENT);
  #verifying: HttpsAgent | null = null;
  /** By what they trust and show; the least recently made first. */
  readonly #special = new Map<string, HttpsAgent>();
  readonly #trusting = new HttpsAgent({ ...AGENT, rejectUnauthorized: false });

  async ask(question: HttpQuestion): Promise<HttpAnswer> {
    const signal = AbortSignal.timeout(question.timeoutMs);
    return await readAnswer(await this.#again(question, signal), question.bytesMax);
  }

  async open(question: HttpQuestion): Promise<HttpStream> {
    const inTime = new AbortController();
    using _timer = systemClock.schedule(question.timeoutMs, "registry: headers", () =>
      inTime.abort(new Error(NO_ANSWER)),
    );
    const answer = await this.#again(question, inTime.signal);
    return {
      ...{ status: answer.statusCode ?? 0, header: headerOf(answer), body: chunksOf(answer) },
      [Symbol.dispose]: () => leave(answer),
    };
  }

  async #again(question: HttpQuestion, signal: AbortSignal): Promise<IncomingMessage> {
    try {
      return await this.#send(question, signal);
    } catch (error) {
      // The registry closed a kept connection at the moment when it was to be used again.
      if (!(error instanceof StaleConnectionError)) throw error;
      return await this.#send(question, signal);
    }
  }

  #send({ url, method, headers, ...trust }: HttpQuestion, signal: AbortSignal): Promise<IncomingMessage> {
    const isTls = url.startsWith("https:");
    const options = { method, headers, signal };
    return new Promise((resolve, reject) => {
      // A request that waits for a connection hears of its signal only once it has one.
      signal.addEventListener("abort", () => reject(new Error(NO_ANSWER)), { once: true });
      const sent = isTls
        ? httpsRequest(url, { ...options, agent: this.#agentFor(trust) }, resolve)
        : httpRequest(url, { ...options, agent: this.#plain }, resolve);
      sent.on("error", (error: NodeJS.ErrnoException) => {
        const isStale = sent.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
        reject(isStale ? new StaleConnectionError(error.message, { cause: error }) : error);
      });
      sent.end();
    });
  }

  [Symbol.dispose](): void {
    const all = [this.#plain, this.#trusting, this.#verifying, ...this.#special.values()];
    for (const agent of all) agent?.destroy();
  }

  #agentFor({ insecure, certificates }: Pick<HttpQuestion, "insecure" | "certificates">): HttpsAgent {
    if (certificates !== undefined && certificates !== null) return this.#specialFor(insecure, certificates);
    return insecure ? this.#trusting : this.#verified();
  }

  #specialFor(insecure: boolean, { ca, client }: RegistryCertificates): HttpsAgent {
    const said = JSON.stringify([insecure, ca, client]);
    const key = createHash("sha256").update(said).digest("hex");
    const known = this.#special.get(key);
    if (known !== undefined) return known;
    const trusted = [...getCACertificates("system"), ...ca];
    const agent = new HttpsAgent({ ...AGENT, ...client, ca: trusted, rejectUnauthorized: !insecure });
    this.#special.set(key, agent);
    const [oldest] = this.#special.keys();
    if (this.#special.size > SPECIAL_AGENTS_MAX && oldest !== undefined) {
      this.#special.get(oldest)?.destroy();
      this.#special.delete(oldest);
    }
    return agent;
  }

  /** Made on first use: reading a hundred certificates takes milliseconds. */
  #verified(): HttpsAgent {
    const system = this.#verifying === null ? getCACertificates("system") : [];
    this.#verifying ??= new HttpsAgent({ ...AGENT, ...(system.length === 0 ? {} : { ca: system }) });
    return this.#verifying;
  }
}

class StaleConnectionError extends Error {
  override readonly name = "StaleConnectionError";
}

const AGENT = {
  keepAlive: true,
  maxSockets: SOCKETS_MAX,
  maxFreeSockets: IDLE_SOCKETS_MAX,
  timeout: IDLE_MS,
  scheduling: "lifo",
} as const;

async function readAnswer(answer: IncomingMessage, bytesMax: number): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    // Leaving the loop cuts the connection.
    if (length > bytesMax) throw new Error(`the answer is larger than ${bytesMax} bytes`);
  }
  return { status: answer.statusCode ?? 0, header: headerOf(answer), body: Buffer.concat(chunks, length) };
}

/** What is short is read to its end, so that the connection can be used again. */
function leave(answer: IncomingMessage): void {
  const length = Number(answer.headers["content-length"] ?? Number.NaN);
  if (answer.destroyed || answer.readableFlowing === true) return;
  if (!(length <= LEFT_BYTES_MAX)) {
    answer.destroy();
    return;
  }
  const silence = systemClock.schedule(LEFT_SILENCE_MS, "registry: left body", () => void answer.destroy());
  answer.on("error", () => {});
  answer.on("close", () => silence[Symbol.dispose]());
  answer.resume();
}

function headerOf(answer: IncomingMessage): HttpAnswer["header"] {
  return (name) => [answer.headers[name] ?? ""].flat().join(", ");
}

async function* chunksOf(answer: IncomingMessage): AsyncGenerator<Buffer> {
  const wait = (): Disposable =>
    systemClock.schedule(BODY_SILENCE_MS, "registry: body", () => void answer.destroy(new Error(NO_ANSWER)));
  let silence = wait();
  try {
    for await (const chunk of answer) {
      silence[Symbol.dispose]();
      yield chunk as Buffer;
      // However long the bytes took to be used: from here on the registry is waited for.
      silence = wait();
    }
  } finally {
    silence[Symbol.dispose]();
    answer.destroy();
  }
}
