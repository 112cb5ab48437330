import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import type { Logger } from "../../shared/log.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { MonitorConnection, MonitorConnector } from "../ports/monitor-connection.ts";
import type { WindowSize } from "../ports/program-launcher.ts";
import type { ContainerPaths } from "../runtime/container-paths.ts";
import type { StdinLife } from "../runtime/launch-command.ts";
import { type OutputPiece, OutputQueue } from "./output-queue.ts";

export interface AttachmentsParts {
  readonly connector: MonitorConnector;
  readonly files: Pick<HostFiles, "tellPipe">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly pathsOf: (key: ContainerKey) => ContainerPaths;
}

/**
 * Who may be attached to one container at the same time: each has up to a megabyte waiting. Of somebody who has gone
 * quietly nothing is heard before the container writes again.
 */
export const ATTACHED_MAX = 256;
/** conmon's order to give the container's terminal another size: rows, columns. */
const RESIZE_ORDER = 1;

/** Somebody who is attached. Dispose it to leave. */
export interface Attachment extends Disposable {
  /** See OutputQueue. */
  take(signal: AbortSignal): Promise<OutputPiece | null>;
  /** For the standard input. Resolves when more can be taken; before the container starts, it waits for that. */
  write(bytes: Uint8Array): Promise<void>;
  /** Closes a standard input that is open for one only. */
  endInput(): void;
  /** Resolves with whether it is connected with a monitor, or the container has gone before that. Never rejects. */
  readonly connected: Promise<boolean>;
}

/**
 * Who is attached to the containers of this host. A container has one connection to its monitor, whoever shares it: the
 * monitor waits for everybody that it is connected with, and would close a standard input that is open for one when
 * anybody leaves.
 */
export class Attachments implements Disposable {
  readonly #parts: AttachmentsParts;
  readonly #shared = new Map<ContainerKey, SharedConnection>();

  constructor(parts: AttachmentsParts) {
    this.#parts = parts;
  }

  /** From the next `connect` on: nothing that the container writes after that is missed. @throws SwarmError */
  join(key: ContainerKey, how: { readonly holds: boolean; readonly stdin: StdinLife }): Attachment {
    const shared = this.#shared.get(key) ?? new SharedConnection(this.#parts, () => this.#shared.delete(key));
    const attachment = shared.join(how);
    this.#shared.set(key, shared);
    return attachment;
  }

  /** Its monitor is there: whoever has joined is connected. @throws SwarmError unavailable; then they learn its end. */
  async connect(key: ContainerKey): Promise<void> {
    const shared = this.#shared.get(key);
    try {
      await shared?.connect(this.#parts.pathsOf(key).monitorSocket);
    } catch (error) {
      shared?.end();
      throw error;
    }
  }

  /** As `connect`, when it is about to be started, which nothing here may keep it from. Never rejects. */
  async onCreated(key: ContainerKey): Promise<void> {
    try {
      await this.connect(key);
    } catch (error) {
      this.#parts.log.warn("nobody can be attached to a container", { container: key, error: messageOf(error) });
    }
  }

  /** It will not run: it was removed, or could not be started. */
  end(key: ContainerKey): void {
    this.#shared.get(key)?.end();
  }

  /** Gives its terminal another size. Resolves with whether it has one. */
  async resize(key: ContainerKey, { rows, columns }: WindowSize): Promise<boolean> {
    const { monitorControl } = this.#parts.pathsOf(key);
    return await this.#parts.files.tellPipe(monitorControl, `${RESIZE_ORDER} ${rows} ${columns}`);
  }

  [Symbol.dispose](): void {
    for (const shared of this.#shared.values()) shared.end();
  }
}

/** The connection to one container's monitor, and everybody who shares it. */
class SharedConnection {
  readonly #parts: AttachmentsParts;
  readonly #onEnded: () => void;
  readonly #queues = new Set<OutputQueue>();
  readonly #connected = Promise.withResolvers<MonitorConnection | null>();
  #connecting: Promise<void> | null = null;
  #connection: MonitorConnection | null = null;
  /** Leaving would close it. */
  #keepsStdin = false;
  #isEnded = false;
  /** One piece of input after the other. */
  #writing: Promise<void> = Promise.resolve();

  constructor(parts: AttachmentsParts, onEnded: () => void) {
    this.#parts = parts;
    this.#onEnded = onEnded;
  }

  join({ holds, stdin }: { readonly holds: boolean; readonly stdin: StdinLife }): Attachment {
    if (this.#queues.size >= ATTACHED_MAX) {
      throw new SwarmError("resourceExhausted", `${ATTACHED_MAX} are attached to the container already`);
    }
    if (stdin === "once") this.#keepsStdin = true;
    const queue = new OutputQueue({ holds, clock: this.#parts.clock, onHold: () => this.#hold() });
    this.#queues.add(queue);
    return {
      connected: this.#connected.promise.then((connection) => connection !== null),
      take: (signal) => queue.take(signal),
      write: async (bytes) => {
        const connection = this.#connection ?? (await this.#connected.promise);
        if (connection === null || stdin === "none") return;
        this.#writing = this.#writing.then(() => connection.write(bytes));
        await this.#writing;
      },
      endInput: () => {
        if (stdin !== "once") return;
        this.#keepsStdin = false;
        void this.#connected.promise.then(async (connection) => {
          await this.#writing;
          connection?.endInput();
        });
      },
      [Symbol.dispose]: () => this.#leave(queue),
    };
  }

  /** Once; whoever comes later shares it. @throws SwarmError unavailable. */
  async connect(socketPath: string): Promise<void> {
    this.#connecting ??= this.#connect(socketPath);
    await this.#connecting;
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#connected.resolve(null);
    for (const queue of this.#queues) queue.end();
    this.#connection?.[Symbol.dispose]();
    this.#onEnded();
  }

  async #connect(socketPath: string): Promise<void> {
    const connection = await this.#parts.connector.connect(socketPath, (stream, bytes) => {
      for (const queue of this.#queues) queue.push(stream, bytes);
    });
    if (this.#isEnded) {
      connection[Symbol.dispose]();
      return;
    }
    this.#connection = connection;
    this.#connected.resolve(connection);
    void connection.ended.then(() => this.end());
  }

  #leave(queue: OutputQueue): void {
    queue.end();
    this.#queues.delete(queue);
    this.#hold();
    // Nobody listens: the monitor is left, unless it would take that for the end of the container's input.
    if (this.#queues.size === 0 && !(this.#connection !== null && this.#keepsStdin)) this.end();
  }

  #hold(): void {
    this.#connection?.hold([...this.#queues].some(({ isHolding }) => isHolding));
  }
}
