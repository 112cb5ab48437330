/** Sends requests that are wrong in every way to a lab host, and looks whether it stays as it was. */
import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { messageOf } from "../../../shared/errors.ts";
import { pathsOf } from "../../lab-parts/names.ts";
import { type Answered, ask, sendRaw } from "../http/ask.ts";
import { type LabHost, openLabHost } from "../lab-host.ts";
import { readDescription } from "./description.ts";
import { type FuzzRequest, fuzzRequests, type HttpRequest } from "./requests.ts";
import { setScene } from "./scene.ts";
import { digestOf } from "./state-digest.ts";
import { ESCAPED } from "./tar-attacks.ts";

export const FUZZ_NEEDS = `scripts/oracle fuzz FILE [--requests N] [--seed S]
FILE is moby's description of API 1.50 (api/swagger.yaml of v28.2). N is 10,000 unless told; S is printed, and repeats
a run.`;

export interface FuzzOptions {
  readonly file: string;
  readonly requests: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

export interface FuzzResult {
  /** A sentence for each thing that must not happen. */
  readonly faults: readonly string[];
  /** Requests that took long, with their seconds. */
  readonly slow: readonly string[];
  /** How many answers there were of each status; 0 = none was waited for. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly megabytesBefore: number;
  readonly megabytesAfter: number;
}

/** Sent together, between two looks at what changed. */
const BLOCK = 100;
const IN_FLIGHT = 8;
/** Streams are left then. */
const PATIENCE_MS = 150;
const RAW_MS = 150;
/** Caches and code that is compiled take some; a leak over tens of thousands of requests is more. */
const GROWTH_MEGABYTES_MAX = 120;
/** Requests after which memory counts: until then everything is used for the first time. */
const WARM_SHARE = 0.2;
const FAULTS_MAX = 40;
/** Lines of the daemon's log. */
const LAST_WORDS = 12;
/** A registry that is away takes as long. */
const SLOW_MS = 10_000;
/** Docker's own sentence, which clients look for, has the status of a fault there. */
const EXPECTED_500 = "update out of sequence";
/** What a create answers with, and where that is removed. */
const CREATES = /^(?:\/v1\.\d+)?\/(containers|networks|volumes|services|secrets|configs)\/create/;

export async function runFuzz({ file, requests, seed, say }: FuzzOptions): Promise<FuzzResult> {
  const description = readDescription(readFileSync(file, "utf8"));
  await using host = await openLabHost();
  const names = await setScene(host.socket);
  const wrong = fuzzRequests(description, names);
  const fuzz = new Fuzz(host);
  let before = 0;
  for (let sent = 0, block = 0; sent < requests; sent += BLOCK, block++) {
    if (before === 0 && sent >= requests * WARM_SHARE) before = residentMegabytes(host.pid);
    const sample = fc.sample(wrong, { numRuns: Math.min(BLOCK, requests - sent), seed: seed + block });
    await fuzz.block(sample).catch((error: unknown) => {
      // Nobody is left to ask: what it said last tells why.
      fuzz.faults.push(`${messageOf(error)} after ${sample.map(shown).join("; ").slice(0, 8_000)}`, ...lastWords());
    });
    if (block % 10 === 9)
      say(`${sent + BLOCK} requests, ${fuzz.faults.length} faults, ${residentMegabytes(host.pid).toFixed(0)} MB`);
    if (fuzz.faults.length > FAULTS_MAX || !existsSync(`/proc/${host.pid}`)) break;
  }
  if (!existsSync(`/proc/${host.pid}`)) fuzz.faults.push("the daemon is gone");
  const after = existsSync(`/proc/${host.pid}`) ? residentMegabytes(host.pid) : 0;
  if (after - before > GROWTH_MEGABYTES_MAX)
    fuzz.faults.push(`it grew from ${before.toFixed(0)} to ${after.toFixed(0)} MB`);
  for (const path of [`/${ESCAPED}`, `/tmp/${ESCAPED}`, `/var/${ESCAPED}`]) {
    if (existsSync(path)) fuzz.faults.push(`an archive wrote to ${path}`);
  }
  return {
    faults: fuzz.faults,
    slow: fuzz.slow,
    statuses: fuzz.statuses,
    megabytesBefore: before,
    megabytesAfter: after,
  };
}

class Fuzz {
  readonly #host: LabHost;
  readonly faults: string[] = [];
  readonly statuses = new Map<number, number>();
  /** Answers that took long: nothing wrong by itself, but worth a look. */
  readonly slow: string[] = [];
  #digest: string | null = null;
  /** Whether a change was accepted since the digest. */
  #isChanged = true;
  #made: string[] = [];

  constructor(host: LabHost) {
    this.#host = host;
  }

  async block(requests: readonly FuzzRequest[]): Promise<void> {
    // What changes at most refuses is held against what was before; what it accepts is not.
    const waiting = [...requests];
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await this.#send(next);
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, work));
    await this.#removeMade();
    const digest = await digestOf(this.#host.socket);
    if (this.#digest !== null && !this.#isChanged && digest !== this.#digest) {
      this.faults.push(
        `refused requests changed something, of these: ${requests.map(shown).join("; ").slice(0, 2_000)}`,
      );
    }
    this.#digest = digest;
    this.#isChanged = false;
  }

  async #send(request: FuzzRequest): Promise<void> {
    const { socket } = this.#host;
    if (request.kind === "raw") {
      const got = await sendRaw(socket, request.bytes, RAW_MS, request.endsAtOnce);
      // It may have been a whole request that does something.
      if (/^HTTP\/1\.1 20[0-4]/.test(got) && !request.bytes.startsWith("GET")) this.#isChanged = true;
      this.#judge(request, Number(/^HTTP\/1\.1 (\d+)/.exec(got)?.[1] ?? 0), got);
      return;
    }
    const begun = performance.now();
    try {
      const answer = await ask(socket, { ...request, patienceMs: PATIENCE_MS });
      const took = performance.now() - begun;
      if (took > SLOW_MS) this.slow.push(`${(took / 1_000).toFixed(0)} s: ${shown(request)}`);
      if (answer.status === 0) this.faults.push(`no answer: ${shown(request)}`);
      this.#judge(request, answer.status, answer.body.toString());
      if (answer.headers["x-injected"] !== undefined) this.faults.push(`a header was injected: ${shown(request)}`);
      this.#note(request, answer);
    } catch (error) {
      // Of a body that is too large the rest is not taken.
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      if (code !== "EPIPE" && code !== "ECONNRESET") this.faults.push(`${code}: ${shown(request)}`);
      this.#isChanged = true;
    }
  }

  #judge(request: FuzzRequest, status: number, body: string): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (status === 500 && !body.includes(EXPECTED_500))
      this.faults.push(`500 ${body.trim().slice(0, 200)}: ${shown(request)}`);
    if (/^X-Injected/im.test(request.kind === "raw" ? (body.split("\r\n\r\n")[0] ?? "") : "")) {
      this.faults.push(`a header was injected: ${shown(request)}`);
    }
  }

  /** What was made is removed again, so that a long run does not drown in it. */
  #note({ method, target }: HttpRequest, { status, body }: Answered): void {
    if (status >= 400 || method === "GET" || method === "HEAD" || method === "OPTIONS") return;
    this.#isChanged = true;
    const [, noun = ""] = CREATES.exec(target) ?? [];
    if (status !== 201 || noun === "") return;
    const { Id, ID, Name } = JSON.parse(body.toString()) as Readonly<Record<string, string | undefined>>;
    this.#made.push(`/${noun}/${encodeURIComponent(Id ?? ID ?? Name ?? "")}?force=1&v=1`);
  }

  async #removeMade(): Promise<void> {
    for (const target of this.#made) await ask(this.#host.socket, { method: "DELETE", target });
    this.#made = [];
  }
}

function shown(request: FuzzRequest): string {
  if (request.kind === "raw") return JSON.stringify(request.bytes.slice(0, 300));
  const { method, target, headers, body } = request;
  const sent = typeof body === "string" ? body : `${body.length} bytes`;
  return `${method} ${target.slice(0, 300)} ${JSON.stringify(headers)} ${sent.slice(0, 600)}`;
}

function lastWords(): readonly string[] {
  return readFileSync(pathsOf("host1").log, "utf8").trimEnd().split("\n").slice(-LAST_WORDS);
}

function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1_024;
}
