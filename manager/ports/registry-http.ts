import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { getCACertificates } from "node:tls";
import type { HttpAnswer, HttpQuestion, RegistryHttp } from "./registry-world.ts";

/** Connections to one registry at a time; people create few services at once. */
const SOCKETS_MAX = 8;
/** Connections that are kept for the next service; the least recently used go first. */
const IDLE_SOCKETS_MAX = 16;
const IDLE_MS = 60_000;

/** HTTP as registries speak it. Connections are kept; the system's certificates are trusted, as skopeo trusts them. */
export class NodeRegistryHttp implements RegistryHttp, Disposable {
  readonly #plain = new HttpAgent(AGENT);
  #verifying: HttpsAgent | null = null;
  readonly #trusting = new HttpsAgent({ ...AGENT, rejectUnauthorized: false });

  async ask(question: HttpQuestion): Promise<HttpAnswer> {
    try {
      return await this.#ask(question);
    } catch (error) {
      // The registry closed a kept connection at the moment when it was to be used again.
      if (!(error instanceof StaleConnectionError)) throw error;
      return await this.#ask(question);
    }
  }

  #ask({ url, method, headers, insecure, timeoutMs, bytesMax }: HttpQuestion): Promise<HttpAnswer> {
    const isTls = url.startsWith("https:");
    const options = { method, headers, signal: AbortSignal.timeout(timeoutMs) };
    return new Promise((resolve, reject) => {
      const onAnswer = (answer: IncomingMessage): void => void readAnswer(answer, bytesMax).then(resolve, reject);
      const sent = isTls
        ? httpsRequest(url, { ...options, agent: insecure ? this.#trusting : this.#verified() }, onAnswer)
        : httpRequest(url, { ...options, agent: this.#plain }, onAnswer);
      sent.on("error", (error: NodeJS.ErrnoException) => {
        const isStale = sent.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
        reject(isStale ? new StaleConnectionError(error.message, { cause: error }) : error);
      });
      sent.end();
    });
  }

  [Symbol.dispose](): void {
    for (const agent of [this.#plain, this.#trusting, this.#verifying]) agent?.destroy();
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
  const header = (name: string): string => [answer.headers[name] ?? ""].flat().join(", ");
  return { status: answer.statusCode ?? 0, header, body: Buffer.concat(chunks, length) };
}
