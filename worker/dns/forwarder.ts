import type { Clock } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { DnsSockets } from "../ports/dns-sockets.ts";
import { type AgedAnswer, AnswerCache } from "./answer-cache.ts";
import { FORWARD_MS_MAX, FORWARDS_MAX, SERVERS_MAX, TRY_MS } from "./limits.ts";
import type { Query } from "./query.ts";
import { RCODE } from "./record-type.ts";
import type { DnsTransport } from "./reply.ts";
import { ServerHealth } from "./server-health.ts";
import {
  isAnswerTo,
  questionKey,
  readUpstreamAnswer,
  type UpstreamAnswer,
  writeUpstreamQuery,
} from "./upstream-message.ts";

const IDS = 65_536;
/** Rounds over all servers: a packet that was lost is sent again. */
const ROUNDS = 2;
/** Codes that say more about the server than about the name: another one may know better. */
const EVASIVE: ReadonlySet<number> = new Set([RCODE.SERVFAIL, RCODE.NOTIMP, RCODE.REFUSED]);

export interface ForwarderDependencies {
  readonly sockets: DnsSockets;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Asks other servers: first those that answered lately, over UDP and where an answer does not fit over TCP, until one
 * knows or the time is over. One question is asked once at a time, whoever waits for the answer, and remembered for as
 * long as its answer allows. So a loop, which asks again what is being asked, waits for itself and ends with its time.
 */
export class Forwarder {
  readonly #deps: ForwarderDependencies;
  readonly #cache = new AnswerCache();
  readonly #health = new ServerHealth();
  readonly #flights = new Map<string, Promise<UpstreamAnswer | null>>();
  /** Messages that wait for an answer, as text of their bytes. */
  readonly #sent = new Set<string>();

  constructor(dependencies: ForwarderDependencies) {
    this.#deps = dependencies;
  }

  /** Whether this very message is one of ours that came back. */
  isOwn(message: Uint8Array): boolean {
    return this.#sent.size > 0 && this.#sent.has(Buffer.from(message).toString("latin1"));
  }

  /** null = nobody has an answer, or too many questions are under way. Never rejects. */
  async forward(query: Query, servers: readonly string[], signal: AbortSignal): Promise<AgedAnswer | null> {
    const asked = servers.slice(0, SERVERS_MAX);
    const key = questionKey(query, asked);
    const kept = this.#cache.get(key, this.#deps.clock.now());
    if (kept !== null) return kept;
    if (!this.#flights.has(key) && this.#flights.size >= FORWARDS_MAX) return null;
    const flight = this.#flights.get(key) ?? this.#fly(key, query, asked, signal);
    const answer = await flight;
    return answer === null ? null : { answer, ageSeconds: 0 };
  }

  #fly(key: string, query: Query, servers: readonly string[], signal: AbortSignal): Promise<UpstreamAnswer | null> {
    const flight = this.#askAll(query, servers, signal)
      .then((answer) => {
        if (answer !== null) this.#cache.put(key, answer, this.#deps.clock.now());
        return answer;
      })
      .finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }

  async #askAll(query: Query, servers: readonly string[], signal: AbortSignal): Promise<UpstreamAnswer | null> {
    const { clock } = this.#deps;
    const deadline = clock.now() + FORWARD_MS_MAX;
    let evasive: UpstreamAnswer | null = null;
    for (let round = 0; round < ROUNDS; round++) {
      let areAllEvasive = true;
      for (const server of this.#health.order(servers, clock.now())) {
        if (signal.aborted || clock.now() >= deadline) return evasive;
        const answer = await this.#askOne(server, query, deadline, signal);
        if (answer !== null && !EVASIVE.has(answer.rcode)) return answer;
        evasive = answer ?? evasive;
        areAllEvasive &&= answer !== null;
      }
      if (areAllEvasive) return evasive;
    }
    return evasive;
  }

  async #askOne(server: string, query: Query, deadline: number, signal: AbortSignal): Promise<UpstreamAnswer | null> {
    const { clock } = this.#deps;
    try {
      let answer = await this.#exchange(server, "udp", query, deadline, signal);
      if (answer?.isTruncated === true) answer = await this.#exchange(server, "tcp", query, deadline, signal);
      if (answer === null) throw new Error("what it answers cannot be read");
      this.#health.noteAnswer(server);
      return answer;
    } catch {
      if (!signal.aborted) this.#health.noteFailure(server, clock.now());
      return null;
    }
  }

  async #exchange(
    server: string,
    transport: DnsTransport,
    query: Query,
    deadline: number,
    signal: AbortSignal,
  ): Promise<UpstreamAnswer | null> {
    const { sockets, clock, random } = this.#deps;
    const id = random.below(IDS);
    const message = writeUpstreamQuery(query, id);
    const text = message.toString("latin1");
    const late = new AbortController();
    const limitMs = Math.max(0, Math.min(TRY_MS, deadline - clock.now()));
    using _timer = clock.schedule(limitMs, "dns: answer of a server", () => late.abort(new Error("no answer in time")));
    const onStop = (): void => late.abort(signal.reason);
    signal.addEventListener("abort", onStop, { once: true });
    this.#sent.add(text);
    try {
      const accepts = (answer: Uint8Array): boolean => isAnswerTo(answer, id, query);
      return readUpstreamAnswer(await sockets.ask(server, transport, message, accepts, late.signal));
    } finally {
      this.#sent.delete(text);
      signal.removeEventListener("abort", onStop);
    }
  }
}
