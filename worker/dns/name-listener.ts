import { backoffMs } from "../../shared/backoff.ts";
import { messageOf } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import { type Logger, levelOfFailure } from "../../shared/log.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { DnsConnection, DnsListener, DnsPeer, DnsSockets } from "../ports/dns-sockets.ts";
import { FrameReader, frame } from "./frames.ts";
import {
  CONNECTION_IDLE_MS,
  CONNECTIONS_MAX,
  LISTEN_CHECK_MS,
  LISTEN_FAILURES_QUIET,
  LISTEN_RETRY,
  QUERY_BYTES_MAX,
  TASK_CONNECTIONS_MAX,
} from "./limits.ts";
import type { NameServer } from "./name-server.ts";
import { TaskQuota } from "./task-quota.ts";

export interface NameListenerOptions {
  readonly server: NameServer;
  readonly sockets: DnsSockets;
  /** Where tasks send their questions: an address of this host, which may be another one later. */
  readonly address: (signal: AbortSignal) => Promise<string>;
  readonly taskAt: (address: string) => ContainerKey | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Listens where tasks ask, from when that address is there, and says back what the name server answers. */
export class NameListener {
  readonly #options: NameListenerOptions;
  readonly #connections = new TaskQuota(TASK_CONNECTIONS_MAX, CONNECTIONS_MAX);
  #listener: DnsListener | null = null;
  #address: string | null = null;

  constructor(options: NameListenerOptions) {
    this.#options = options;
  }

  /** Where it listens; null = nowhere yet. */
  get address(): string | null {
    return this.#address;
  }

  /** Until aborted. What fails is tried again: without names tasks are lost, without this daemon they are not. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#follow(signal);
        failures = 0;
      } catch (error) {
        failures++;
        const level = levelOfFailure(failures, LISTEN_FAILURES_QUIET + 1);
        log[level]("tasks' name server does not listen", { failures, error: messageOf(error) });
      }
      const delayMs = failures === 0 ? LISTEN_CHECK_MS : backoffMs(failures - 1, LISTEN_RETRY, random);
      await sleep(clock, delayMs, "dns: look at the address", signal).catch(() => {});
    }
    await this.#close();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { sockets, address, log } = this.#options;
    const wanted = await address(signal);
    if (wanted === this.#address) return;
    await this.#close();
    const listener = await sockets.listen(wanted, {
      onPacket: (bytes, from) => void this.#onPacket(bytes, from, signal),
      onConnection: (connection) => void this.#onConnection(connection, signal),
    });
    this.#listener = listener;
    this.#address = wanted;
    log.info("tasks' name server listens", { address: wanted });
  }

  async #close(): Promise<void> {
    const listener = this.#listener;
    this.#listener = null;
    this.#address = null;
    await listener?.[Symbol.asyncDispose]();
  }

  async #onPacket(bytes: Uint8Array, from: DnsPeer, signal: AbortSignal): Promise<void> {
    const reply = await this.#answer(bytes, from, "udp", signal);
    if (reply !== null) this.#listener?.send(reply, from);
  }

  async #onConnection(connection: DnsConnection, signal: AbortSignal): Promise<void> {
    const taskId = this.#options.taskAt(connection.peer.address);
    using place = taskId === null ? null : this.#connections.take(taskId);
    try {
      // One of strangers, or one too many.
      if (place !== null) await this.#serve(connection, signal);
    } catch {
      // Broken, or silent for too long: who wants something of us comes again.
    } finally {
      connection.close();
    }
  }

  /** One question after the other, as they come. */
  async #serve(connection: DnsConnection, signal: AbortSignal): Promise<void> {
    const frames = new FrameReader(QUERY_BYTES_MAX);
    for (;;) {
      const bytes = await this.#inTime(connection, connection.read());
      if (bytes === null) return;
      for (const message of frames.push(bytes)) {
        const reply = await this.#answer(message, connection.peer, "tcp", signal);
        if (reply === null) return;
        await this.#inTime(connection, connection.send(frame(reply)));
      }
    }
  }

  async #inTime<T>(connection: DnsConnection, work: Promise<T>): Promise<T> {
    using _timer = this.#options.clock.schedule(CONNECTION_IDLE_MS, "dns: idle connection", () => connection.close());
    return await work;
  }

  async #answer(
    bytes: Uint8Array,
    from: DnsPeer,
    transport: "udp" | "tcp",
    signal: AbortSignal,
  ): Promise<Uint8Array | null> {
    try {
      return await this.#options.server.answer(bytes, from.address, transport, signal);
    } catch (error) {
      // A question must not end the daemon; what it is about stands in the log.
      this.#options.log.error("a question for a name failed", { from: from.address, error: messageOf(error) });
      return null;
    }
  }
}
