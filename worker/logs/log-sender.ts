import { backoffMs } from "../../shared/backoff.ts";
import { messageOf } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import { type Logger, levelOfFailure } from "../../shared/log.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { LogSocket, LogSockets } from "../ports/log-sockets.ts";
import type { LogEntry, LogPlace } from "../ports/task-executor.ts";
import { messagesOf, type Sender, type SentLog } from "./log-messages.ts";
import { readLogs } from "./read-logs.ts";

export interface LogSenderPorts {
  readonly files: HostFiles;
  readonly sockets: LogSockets;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** A log that is sent as it is written. */
export interface SendingLog {
  readonly sent: SentLog;
  /** Where it is kept. */
  readonly path: string;
  /** Nothing more will be written. */
  readonly isOver: () => Promise<boolean>;
}

const RETRY = { baseMs: 200, maxMs: 10_000 } as const;
/** How often the place up to which it was sent is noted: after a kill of the daemon so much is sent once more. */
const NOTE_MS = 1_000;
/** How long the end of a log may take to be sent when its container is removed. */
const DRAIN_MS_MAX = 3_000;
const PLACE_SUFFIX = ".sent";

/**
 * Sends what containers write to a syslog server or the journal. It is read from the files that their monitors write,
 * so whoever is slow, or away, holds up no container: lines wait there, within the log's limits, and the place up to
 * which they were sent is noted beside them, for the daemon that comes next.
 */
export class LogSender {
  readonly #ports: LogSenderPorts;
  readonly #sender: Sender;
  readonly #sending = new Map<ContainerKey, { readonly stop: AbortController; readonly over: Promise<void> }>();

  constructor(sender: Sender, ports: LogSenderPorts) {
    this.#sender = sender;
    this.#ports = ports;
  }

  /** From now on, to its end; does nothing when it is sent already. */
  begin(key: ContainerKey, log: SendingLog): void {
    if (this.#sending.has(key)) return;
    const stop = new AbortController();
    const over = this.#run(key, log, stop.signal).finally(() => {
      if (this.#sending.get(key)?.stop === stop) this.#sending.delete(key);
    });
    this.#sending.set(key, { stop, over });
  }

  /** Its container has ended and goes: what is left is sent now, or never. */
  async forget(key: ContainerKey): Promise<void> {
    const sending = this.#sending.get(key);
    if (sending === undefined) return;
    const late = new AbortController();
    const timeout = sleep(this.#ports.clock, DRAIN_MS_MAX, "logs: send the rest", late.signal).catch(() => {});
    await Promise.race([sending.over, timeout]);
    late.abort();
    sending.stop.abort();
    await sending.over;
  }

  async close(): Promise<void> {
    const all = [...this.#sending.values()];
    for (const { stop } of all) stop.abort();
    await Promise.all(all.map(({ over }) => over));
  }

  /** Never rejects. */
  async #run(key: ContainerKey, log: SendingLog, signal: AbortSignal): Promise<void> {
    const { clock, random, log: logger, files } = this.#ports;
    const noted = new NotedPlace(`${log.path}${PLACE_SUFFIX}`, files, clock);
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#sendAll(log, noted, () => (failures = 0), signal);
        return;
      } catch (error) {
        await noted.write();
        if (signal.aborted) return;
        failures++;
        const what = { container: key, failures, error: messageOf(error) };
        logger[levelOfFailure(failures)]("lines of a log wait to be sent", what);
        const delayMs = backoffMs(failures - 1, RETRY, random);
        await sleep(clock, delayMs, "logs: send again", signal).catch(() => {});
      }
    }
  }

  async #sendAll(
    { sent, path, isOver }: SendingLog,
    noted: NotedPlace,
    onSent: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { files, clock, sockets } = this.#ports;
    await using socket = await sockets.open(sent.destination);
    const resume = await noted.read();
    const missed: number[] = [];
    const source = { files, clock, isOver, onMissed: (count: number) => void missed.push(count) };
    const query = { follow: true, tail: -1, sinceMs: 0, ...(resume === null ? {} : { resume }) };
    for await (const entry of readLogs(path, query, source, signal)) {
      for (const count of missed.splice(0))
        await socket.send(messagesOf(missedEntry(entry, count), sent, this.#sender));
      await this.#sendOne(socket, entry, sent);
      onSent();
      await noted.note(entry);
    }
    await noted.write();
  }

  async #sendOne(socket: LogSocket, entry: LogEntry, sent: SentLog): Promise<void> {
    await socket.send(messagesOf(entry, sent, this.#sender));
  }
}

/**
 * Up to where a log was sent: in memory for whoever tries again, and in a file beside it for the next daemon. A disk
 * that does not take it costs that one some lines twice, and nobody a line.
 */
class NotedPlace {
  readonly #path: string;
  readonly #files: HostFiles;
  readonly #clock: Clock;
  #place: LogPlace | null = null;
  #writtenAtMs = 0;

  constructor(path: string, files: HostFiles, clock: Clock) {
    this.#path = path;
    this.#files = files;
    this.#clock = clock;
  }

  async read(): Promise<LogPlace | null> {
    if (this.#place !== null) return this.#place;
    const [generation, offset] = ((await this.#files.readText(this.#path)) ?? "").split(" ").map(Number);
    const isPlace = Number.isSafeInteger(generation) && Number.isSafeInteger(offset);
    return isPlace ? { generation: generation as number, offset: offset as number } : null;
  }

  async note({ generation, offset }: LogPlace): Promise<void> {
    this.#place = { generation, offset };
    if (this.#clock.now() - this.#writtenAtMs < NOTE_MS) return;
    await this.write();
  }

  async write(): Promise<void> {
    if (this.#place === null) return;
    this.#writtenAtMs = this.#clock.now();
    await this.#files.writeText(this.#path, `${this.#place.generation} ${this.#place.offset}`).catch(() => {});
  }
}

function missedEntry({ timestampMs, nanos, generation, offset }: LogEntry, count: number): LogEntry {
  const files = count === 1 ? "a file" : `${count} files`;
  const text = Buffer.from(`swarmd: ${files} of this log went before it could be sent`);
  return { timestampMs, nanos, generation, offset, stream: "STDERR", text, partial: false };
}
