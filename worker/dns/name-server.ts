import type { ContainerKey } from "../../shared/ids.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { Forwarder } from "./forwarder.ts";
import type { HostNames } from "./host-names.ts";
import { FORWARDS_MAX, TASK_FORWARDS_MAX } from "./limits.ts";
import { answerLocally } from "./local-answer.ts";
import { type Query, type QueryHead, readQuery } from "./query.ts";
import type { Rcode } from "./record-type.ts";
import { type DnsTransport, writeReply } from "./reply.ts";
import { TaskPace } from "./task-pace.ts";
import { TaskQuota } from "./task-quota.ts";
import { passOn } from "./upstream-message.ts";

export interface NameServerOptions {
  readonly names: HostNames;
  readonly forwarder: Forwarder;
  /** Which task has the address; null = none of this host. */
  readonly taskAt: (address: string) => ContainerKey | null;
  /** The servers that the host asks. */
  readonly hostServers: () => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly random: Random;
  /** A question of ours came back to us. */
  readonly onLoop: (name: string) => void;
}

/** One message in, at most one out: who may ask, what is answered here, and what is passed on. */
export class NameServer {
  readonly #options: NameServerOptions;
  readonly #pace: TaskPace;
  /** A task's questions that wait for other servers; those that share an answer count too. */
  readonly #waiting = new TaskQuota(TASK_FORWARDS_MAX, 4 * FORWARDS_MAX);

  constructor(options: NameServerOptions) {
    this.#options = options;
    this.#pace = new TaskPace(options.clock);
  }

  /** `from`: the address it came from. null = there is nothing to be said. Never rejects. */
  async answer(
    message: Uint8Array,
    from: string,
    transport: DnsTransport,
    signal: AbortSignal,
  ): Promise<Uint8Array | null> {
    const { names, forwarder, taskAt, random, onLoop } = this.#options;
    const incoming = readQuery(message);
    if (incoming.kind === "ignore") return null;
    if (incoming.kind === "query" && forwarder.isOwn(message)) {
      onLoop(incoming.query.name ?? "");
      return failure(incoming.query, "SERVFAIL", transport);
    }
    const taskId = taskAt(from);
    // No open resolver: neither for the host's neighbours nor for its own programs.
    if (taskId === null)
      return failure(incoming.kind === "query" ? incoming.query : incoming.head, "REFUSED", transport);
    if (!this.#pace.allows(taskId)) return null;
    if (incoming.kind === "fault") return failure(incoming.head, incoming.rcode, transport);
    const { query } = incoming;
    return (
      answerLocally(names.viewOf(taskId), query, transport, random) ??
      (await this.#pass(query, taskId, transport, signal))
    );
  }

  async #pass(query: Query, taskId: ContainerKey, transport: DnsTransport, signal: AbortSignal): Promise<Uint8Array> {
    const { names, forwarder, hostServers } = this.#options;
    using place = this.#waiting.take(taskId);
    if (place === null) return failure(query, "SERVFAIL", transport);
    const own = names.nameserversOf(taskId);
    const found = await forwarder.forward(query, own.length > 0 ? own : await hostServers(), signal);
    return found === null
      ? failure(query, "SERVFAIL", transport)
      : passOn(found.answer, query, found.ageSeconds, transport);
  }
}

function failure(query: QueryHead, rcode: Rcode, transport: DnsTransport): Uint8Array {
  return writeReply(query, { rcode, isAuthoritative: false, answers: [], additionals: [], zone: null }, transport);
}
