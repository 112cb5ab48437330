import { SwarmError } from "../../shared/errors.ts";
import type { BidiCall } from "../../shared/rpc/call-types.ts";
import type { Attached, AttachInput, AttachOutput, AttachStart } from "../../shared/rpc/gen/streams.ts";
import type { HostServices } from "../../shared/rpc/light/host-services.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import { DEFAULT_DETACH_KEYS, DetachKeys, parseDetachKeys } from "../../shared/run-text/detach-keys.ts";
import type { Cli, Console } from "../cli.ts";

type AttachCall = BidiCall<Sendable<AttachInput>, AttachOutput>;

export interface ConversationOptions {
  readonly start: Sendable<AttachStart> & { readonly container: string };
  /** Undefined = the usual ones. */
  readonly keys: string | undefined;
  /** Signals that this program gets are the container's. */
  readonly passesSignals: boolean;
  /** A program that is there already is made to draw its screen again, as by another size of the terminal. */
  readonly redraws: boolean;
}

/** How a conversation ended: with the container, or with the keys that leave it alone. */
export type ConversationEnd = { readonly kind: "exit"; readonly exitCode: number } | { readonly kind: "detached" };

/** Larger pieces of input are cut: a message of the engine is small. */
const PIECE_BYTES = 64 * 1024;
/** A container that takes no notice of signals to end is left after so many of them. */
const SIGNALS_TO_END_MAX = 3;
/** How often it is said that something was missed: a terminal shall show the container, and not that. */
const MISSED_EVERY_MS = 1_000;
const TO_END: ReadonlySet<string> = new Set(["SIGINT", "SIGTERM"]);

/**
 * This program's terminal or pipes and a container's. From the moment that `attach` resolves, nothing is missed of what
 * a container writes that is started then.
 */
export class Conversation {
  readonly attached: Attached;
  readonly #cli: Cli;
  readonly #engine: HostServices;
  readonly #call: AttachCall;
  readonly #messages: AsyncIterator<AttachOutput>;
  readonly #terminal: Console;
  readonly #options: ConversationOptions;
  /** Bytes that were missed, and not told of. */
  #missed = 0;
  #missedToldAtMs = Number.NEGATIVE_INFINITY;

  static async attach(cli: Cli, engine: HostServices, options: ConversationOptions): Promise<Conversation> {
    // Before anything is asked for: keys that make no sense are refused first.
    parseDetachKeys(options.keys ?? DEFAULT_DETACH_KEYS);
    const terminal = await cli.openConsole();
    const call = engine.streams.attach({ signal: cli.signal });
    const extent = terminal.extent();
    const size = extent === null ? {} : { size: { ...extent, columns: extent.columns + (options.redraws ? 1 : 0) } };
    // A refusal shows where the answer is read.
    call.send({ start: { ...options.start, ...size } }).catch(() => {});
    const messages = call.messages[Symbol.asyncIterator]();
    const { value } = await messages.next();
    const attached = value?.attached;
    if (!attached) throw new SwarmError("internal", "the daemon did not say that it is attached");
    if (attached.tty && attached.openStdin && options.start.stdin === true && !terminal.stdinIsTerminal) {
      await messages.return?.();
      throw new SwarmError("invalidArgument", "the input device is not a TTY");
    }
    return new Conversation({ cli, engine, call, messages, terminal, options, attached });
  }

  private constructor(parts: {
    readonly cli: Cli;
    readonly engine: HostServices;
    readonly call: AttachCall;
    readonly messages: AsyncIterator<AttachOutput>;
    readonly terminal: Console;
    readonly options: ConversationOptions;
    readonly attached: Attached;
  }) {
    this.attached = parts.attached;
    this.#cli = parts.cli;
    this.#engine = parts.engine;
    this.#call = parts.call;
    this.#messages = parts.messages;
    this.#terminal = parts.terminal;
    this.#options = parts.options;
  }

  /** Passes bytes on both ways until the container ends, or the keys are pressed that leave it. @throws SwarmError */
  async run(): Promise<ConversationEnd> {
    const { tty, openStdin } = this.attached;
    const withInput = this.#options.start.stdin === true && openStdin;
    using resources = new DisposableStack();
    if (tty) {
      if (withInput) resources.use(this.#terminal.raw());
      const resize = (): void => this.#resize();
      resources.use(this.#terminal.onExtent(resize));
      if (this.#options.redraws) resize();
    }
    const left = Promise.withResolvers<never>();
    left.promise.catch(() => {});
    if (this.#options.passesSignals) {
      let askedToEnd = 0;
      resources.use(
        this.#terminal.onSignal((name) => {
          if (TO_END.has(name) && ++askedToEnd >= SIGNALS_TO_END_MAX) left.reject(goesOn(askedToEnd));
          else void this.#pass(name);
        }),
      );
    }
    if (withInput) {
      resources.defer(() => this.#terminal.closeInput());
      // Its failure shows as the end of the output.
      this.#sendInput().catch(() => {});
    }
    return await Promise.race([this.#takeOutput(), left.promise]);
  }

  async #takeOutput(): Promise<ConversationEnd> {
    for (;;) {
      const { done, value } = await this.#messages.next();
      if (done === true) return { kind: "detached" };
      if (value.stdout) await this.#terminal.write("out", value.stdout);
      else if (value.stderr) await this.#terminal.write("err", value.stderr);
      else if (value.missedBytes) await this.#tellMissed(value.missedBytes);
      else if (value.exit) return { kind: "exit", exitCode: value.exit.exitCode };
    }
  }

  async #tellMissed(bytes: number): Promise<void> {
    this.#missed += bytes;
    const nowMs = this.#cli.clock.now();
    if (nowMs - this.#missedToldAtMs < MISSED_EVERY_MS) return;
    const sentence = `swarmctl: ${this.#missed} bytes are missing here: they came faster than they were taken\n`;
    this.#missed = 0;
    this.#missedToldAtMs = nowMs;
    await this.#terminal.write("err", Buffer.from(sentence));
  }

  async #sendInput(): Promise<void> {
    const { keys } = this.#options;
    const sought = this.attached.tty ? parseDetachKeys(keys ?? DEFAULT_DETACH_KEYS) : [];
    const detachKeys = new DetachKeys(sought);
    for await (const chunk of this.#terminal.input) {
      const { bytes, isDetached } = detachKeys.sift(chunk);
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
        await this.#call.send({ stdin: bytes.subarray(at, at + PIECE_BYTES) });
      }
      if (!isDetached) continue;
      await this.#call.send({ detach: {} });
      return;
    }
    await this.#call.send({ endOfInput: {} });
  }

  #resize(): void {
    const size = this.#terminal.extent();
    if (size !== null) this.#call.send({ resize: size }).catch(() => {});
  }

  async #pass(signal: string): Promise<void> {
    // It may have ended by itself meanwhile.
    await this.#engine.containers.kill({ ref: this.attached.id, signal }, { signal: this.#cli.signal }).catch(() => {});
  }
}

function goesOn(times: number): SwarmError {
  return new SwarmError("cancelled", `left after ${times} signals to end, of which the container takes no notice`);
}
