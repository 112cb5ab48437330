import { SwarmError } from "../../shared/errors.ts";
import { dumpErrno, ERRNO, errnoText, readVerdict, type Verdict, verdictText } from "../netlink/answers.ts";
import { ANSWER, FLAG, type Message, messagesIn, setSequence } from "../netlink/wire.ts";
import { waitAside } from "./kernel-waits.ts";
import { closeAside, closeFile, netlinkPort, openNetlink, receive, send, sendAside } from "./system-calls.ts";

/** The kernel fills at most 32 KiB of it at a time. */
const RECEIVE_BYTES = 65_536;
/** Requests sent together: the answers to all of them must have room in the socket. */
const REQUESTS_MAX = 64;
/** A table that changes while it is read is read again; one that always does is taken as it is. */
const DUMP_ATTEMPTS_MAX = 5;

/** Requests that were sent together. */
interface Order {
  /** The number of the first. */
  readonly first: number;
  readonly count: number;
  readonly bytes: Buffer;
}

const received = Buffer.allocUnsafe(RECEIVE_BYTES);

/**
 * A netlink socket for requests, in the namespace that the thread is in when it is made. The kernel does its work and
 * has the answer ready before a call returns, so nothing here waits.
 */
export class NetlinkSocket {
  /** Who asks, as notices about what was asked for say it. */
  readonly port: number;
  readonly #socket: number;
  #sequence = 0;

  constructor(protocol: number) {
    this.#socket = openNetlink(protocol);
    this.port = netlinkPort(this.#socket);
  }

  /** Carries the requests out in their order, each whether or not those before succeeded. */
  transact(requests: readonly Buffer[]): readonly Verdict[] {
    return chunksOf(requests).flatMap((some) => {
      const order = this.#numbered(some);
      send(this.#socket, order.bytes);
      return this.#verdictsOn(order);
    });
  }

  /**
   * As `transact`, of changes that may have to wait for the kernel's locks: on another thread, one of few. Nothing else
   * may be asked of the socket meanwhile.
   */
  async transactAside(requests: readonly Buffer[]): Promise<readonly Verdict[]> {
    const verdicts: Verdict[] = [];
    for (const some of chunksOf(requests)) {
      const order = this.#numbered(some);
      await waitAside(() => sendAside(this.#socket, order.bytes));
      verdicts.push(...this.#verdictsOn(order));
    }
    return verdicts;
  }

  /** Calls `take` with each message of the answer. @throws SwarmError internal when the kernel refuses. */
  dump(request: Buffer, take: (message: Message) => void): void {
    for (let attempt = 1; ; attempt++) {
      const messages: Message[] = [];
      const isWhole = this.#dumpOnce(request, messages);
      if (!isWhole && attempt < DUMP_ATTEMPTS_MAX) continue;
      for (const message of messages) take(message);
      return;
    }
  }

  /**
   * As `dump`, of a table that takes the kernel long to go through: it does so on another thread. Nothing else may be
   * asked of the socket meanwhile.
   */
  async dumpAside(request: Buffer, take: (message: Message) => void): Promise<void> {
    setSequence(request, ++this.#sequence);
    await sendAside(this.#socket, request);
    const messages: Message[] = [];
    this.#receiveDump(messages);
    for (const message of messages) take(message);
  }

  /** The first message of the answer; null = the kernel has none to give, or refuses. */
  ask(request: Buffer): Message | null {
    setSequence(request, ++this.#sequence);
    send(this.#socket, request);
    let answer: Message | null = null;
    for (;;) {
      for (const message of this.#receive()) {
        if (message.sequence !== this.#sequence) continue;
        if (message.type === ANSWER.error) return answer;
        // What is received next is written over it.
        answer ??= { ...message, body: Buffer.from(message.body) };
      }
      if (answer !== null && !wantsVerdict(request)) return answer;
    }
  }

  close(): void {
    closeFile(this.#socket);
  }

  /** As `close`, of a socket in whose namespace packet rules may just have been changed. */
  async closeAside(): Promise<void> {
    await waitAside(() => closeAside(this.#socket));
  }

  #numbered(requests: readonly Buffer[]): Order {
    const first = this.#sequence + 1;
    for (const request of requests) setSequence(request, ++this.#sequence);
    return { first, count: requests.length, bytes: Buffer.concat(requests) };
  }

  #verdictsOn({ first, count }: Order): readonly Verdict[] {
    const verdicts: Verdict[] = [];
    while (verdicts.length < count)
      for (const message of this.#receive()) {
        const verdict = readVerdict(message);
        if (verdict !== null && message.sequence >= first) verdicts.push(verdict);
      }
    return verdicts;
  }

  #dumpOnce(request: Buffer, messages: Message[]): boolean {
    setSequence(request, ++this.#sequence);
    send(this.#socket, request);
    return this.#receiveDump(messages);
  }

  /** Returns whether nothing changed while the kernel told it. */
  #receiveDump(messages: Message[]): boolean {
    let isWhole = true;
    for (;;) {
      for (const message of this.#receive()) {
        if (message.sequence !== this.#sequence) continue;
        if ((message.flags & FLAG.interrupted) !== 0) isWhole = false;
        const verdict = readVerdict(message);
        const errno = verdict?.errno ?? (message.type === ANSWER.done ? dumpErrno(message) : 0);
        // The kernel makes a table of routes when the first comes.
        if (errno === ERRNO.notThere) return true;
        if (errno !== 0) throw refused(verdict ?? { errno, words: "" });
        if (message.type === ANSWER.done) return isWhole;
        messages.push({ ...message, body: Buffer.from(message.body) });
      }
    }
  }

  #receive(): Iterable<Message> {
    const count = receive(this.#socket, received);
    if (count < 0) throw new SwarmError("internal", `the kernel gave no answer over netlink: ${errnoText(-count)}`);
    return messagesIn(received.subarray(0, count));
  }
}

/** Takes what a socket for notices has got. Resolves with whether nothing was lost. */
export function drainNotices(socket: number, take: (message: Message) => void): boolean {
  let isWhole = true;
  for (;;) {
    const count = receive(socket, received);
    if (count === -ERRNO.again) return isWhole;
    if (count === -ERRNO.interrupted) continue;
    if (count < 0) {
      // The kernel had more to say than there was room for.
      isWhole = false;
      if (count !== -ERRNO.lost) return isWhole;
      continue;
    }
    for (const message of messagesIn(received.subarray(0, count))) take(message);
  }
}

function chunksOf(requests: readonly Buffer[]): readonly (readonly Buffer[])[] {
  const chunks: (readonly Buffer[])[] = [];
  for (let at = 0; at < requests.length; at += REQUESTS_MAX) chunks.push(requests.slice(at, at + REQUESTS_MAX));
  return chunks;
}

function wantsVerdict(request: Buffer): boolean {
  return (request.readUInt16LE(6) & FLAG.acknowledge) !== 0;
}

function refused(verdict: Verdict): SwarmError {
  return new SwarmError("internal", `the kernel refuses to tell its state: ${verdictText(verdict)}`);
}
