import { SwarmError } from "../../../shared/errors.ts";
import type { ContainerKey } from "../../../shared/ids.ts";
import type { AttachInput, AttachOutput, AttachStart, ResizeRequest } from "../../../shared/rpc/gen/streams.ts";
import type { CallContext, Send } from "../../../shared/rpc/handler.ts";
import type { Sendable } from "../../../shared/rpc/sendable.ts";
import type { Attachment, Attachments } from "../../executor/attachments.ts";
import type { ContainerLookup } from "../../executor/container-lookup.ts";
import type { LogEntry, LogNotices, LogQuery } from "../../ports/task-executor.ts";
import type { AttachTarget } from "../containers/attach-target.ts";
import { isSize } from "./exec-process.ts";
import type { OnUse } from "./use-event.ts";

export interface AttachParts {
  readonly lookup: ContainerLookup;
  readonly attachments: Attachments;
  readonly onUse: OnUse;
  /** Which container is meant, also one that was never started. @throws SwarmError */
  readonly attachTarget: (ref: string) => Promise<AttachTarget>;
  readonly logsOf: (
    key: ContainerKey,
    query: LogQuery,
    signal: AbortSignal,
    notices?: LogNotices,
  ) => AsyncIterable<LogEntry>;
}

type SendOutput = Send<Sendable<AttachOutput>>;

const LINE_END = Buffer.from("\n");

/**
 * Connects its caller with the first process of a container, until the container ends or the caller goes. The container
 * does not depend on either: its monitor reads what it writes, whoever is attached.
 */
export async function attach(
  parts: AttachParts,
  messages: AsyncIterable<AttachInput>,
  { signal }: CallContext,
  send: SendOutput,
): Promise<void> {
  const incoming = messages[Symbol.asyncIterator]();
  const { done, value } = await incoming.next();
  const start = done === true ? null : (value.start ?? null);
  if (start === null) throw new SwarmError("invalidArgument", "attaching begins with the container");
  const target = await parts.attachTarget(start.container);
  const { kind } = await parts.lookup.inspect(target.key);
  if (!start.logsOnly) refuseUnheard(target, kind, start);
  const { id, name, tty, stdin } = target;
  // Of a terminal, which is its own input, nothing can be closed.
  const how = {
    holds: start.beforeStart && kind !== "running",
    stdin: tty && stdin === "once" ? "kept" : stdin,
  } as const;
  using attachment = start.logsOnly ? null : parts.attachments.join(target.key, how);
  parts.onUse(target.key, "attach");
  await send({ attached: { id, name, tty, openStdin: stdin !== "none" } });
  if (start.logs) await replay(parts, target, start, signal, send);
  if (attachment === null) return;
  const stopped = new AbortController();
  const ended = AbortSignal.any([signal, stopped.signal]);
  // Between being made and being started it has a monitor already.
  if (kind !== "absent" && kind !== "exited") await parts.attachments.connect(target.key);
  const conversation = new Conversation(parts.attachments, target, start, attachment);
  conversation.takeInput(incoming).then(
    (outcome) => {
      if (outcome === "detached") stopped.abort(DETACHED);
    },
    (error: unknown) => stopped.abort(error),
  );
  try {
    await conversation.passOutput(ended, send);
    const { exitCode, error } = await target.end(ended);
    await send({ exit: { exitCode, complaint: error } });
  } catch (error) {
    if (error === DETACHED) return;
    // Whoever has gone will not write any more.
    if (start.stdin) attachment.endInput();
    throw error;
  }
}

/** Gives a container's own terminal another size. @throws SwarmError */
export async function resize(
  { lookup, attachments }: Pick<AttachParts, "lookup" | "attachments">,
  { container, size }: ResizeRequest,
): Promise<void> {
  if (size === null || !isSize(size)) {
    throw new SwarmError("invalidArgument", "a terminal has 1 to 65535 rows and as many columns");
  }
  const { key, name } = await lookup.findRunning(container);
  if (await attachments.resize(key, size)) return;
  throw new SwarmError("failedPrecondition", `container ${name} is not running`);
}

const DETACHED = new SwarmError("cancelled", "detached");

function refuseUnheard({ isPaused }: AttachTarget, kind: string, { beforeStart }: AttachStart): void {
  const why = isPaused
    ? "You cannot attach to a paused container, unpause it first"
    : kind !== "running" && !beforeStart
      ? "You cannot attach to a stopped container, start it first"
      : null;
  if (why !== null) throw new SwarmError("failedPrecondition", why);
}

/** What the container has written, as it wrote it. */
async function replay(
  { logsOf }: AttachParts,
  { key }: AttachTarget,
  start: AttachStart,
  signal: AbortSignal,
  send: SendOutput,
): Promise<void> {
  for await (const { stream, text, partial } of logsOf(key, { follow: false, tail: -1, sinceMs: 0 }, signal)) {
    const bytes = partial ? Buffer.from(text) : Buffer.concat([text, LINE_END]);
    if (stream === "STDOUT" && start.stdout) await send({ stdout: bytes });
    if (stream === "STDERR" && start.stderr) await send({ stderr: bytes });
  }
}

/** One caller with one container. */
class Conversation {
  readonly #attachments: Attachments;
  readonly #target: AttachTarget;
  readonly #start: AttachStart;
  readonly #attachment: Attachment;

  constructor(attachments: Attachments, target: AttachTarget, start: AttachStart, attachment: Attachment) {
    this.#attachments = attachments;
    this.#target = target;
    this.#start = start;
    this.#attachment = attachment;
    const { size } = start;
    if (size !== null) {
      void attachment.connected.then(async (isConnected) => {
        if (isConnected) await this.#resize(size);
      });
    }
  }

  /** Until the container has ended. @throws the signal's reason; SwarmError resourceExhausted. */
  async passOutput(signal: AbortSignal, send: SendOutput): Promise<void> {
    const { stdout, stderr } = this.#start;
    for (;;) {
      const piece = await this.#attachment.take(signal);
      switch (piece?.kind) {
        case undefined:
          return;
        case "stdout":
          if (stdout) await send({ stdout: piece.bytes });
          break;
        case "stderr":
          if (stderr) await send({ stderr: piece.bytes });
          break;
        case "missed":
          await send({ missedBytes: piece.bytesMissed });
      }
    }
  }

  async takeInput(incoming: AsyncIterator<AttachInput>): Promise<"ended" | "detached"> {
    for (;;) {
      const { done, value } = await incoming.next();
      if (done === true) {
        if (this.#start.stdin) this.#attachment.endInput();
        return "ended";
      }
      switch (value.message) {
        case "stdin":
          if (this.#start.stdin) await this.#attachment.write(value.stdin);
          break;
        case "endOfInput":
          if (this.#start.stdin) this.#attachment.endInput();
          break;
        case "resize":
          await this.#resize(value.resize);
          break;
        case "detach":
          return "detached";
        case "start":
          throw new SwarmError("invalidArgument", "attaching begins once");
        default:
          // Of a later release.
          break;
      }
    }
  }

  async #resize(size: { readonly rows: number; readonly columns: number }): Promise<void> {
    // A size that the terminal does not take is of no consequence.
    if (this.#target.tty && isSize(size)) await this.#attachments.resize(this.#target.key, size).catch(() => false);
  }
}
