import { createHash } from "node:crypto";
import { SwarmError } from "../../shared/errors.ts";
import type { Clock, InstantMs } from "../../shared/ports/clock.ts";
import type { ExecStart, TerminalSize } from "../../shared/rpc/gen/streams.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { Backend } from "../backend.ts";
import type { Place } from "../containers/place.ts";

/** Processes that clients have announced, that run, or that are remembered: a kilobyte each once they have ended. */
export const EXECS_MAX = 4_096;
/** How long one is remembered that never began, or has ended: as long as in Docker, if there is room for so many. */
export const REMEMBERED_MS = 300_000;

/** A further process of a container, from its announcement on: Docker's clients make, start and inspect it apart. */
export interface Exec {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** null = it has ended, and needs none any more. */
  place: Place | null;
  /** 64 hexadecimal digits. */
  readonly containerId: string;
  readonly start: Sendable<ExecStart> & { readonly args: readonly string[]; readonly tty: boolean };
  /** The keys that leave it alone; "" = the usual ones. */
  readonly detachKeys: string;
  state: "announced" | "running" | "ended";
  /** null = it has not ended. */
  exitCode: number | null;
  /** Its number on its host; 0 = not known yet. */
  pid: number;
  /** The size that its terminal is to have. */
  size: TerminalSize | null;
  /** Gives its terminal that size, while it runs. */
  onSize: ((size: TerminalSize) => void) | null;
  changedAt: InstantMs;
}

/** What clients have announced. It dies with the daemon, as its processes' connections do. */
export class ExecBook {
  readonly #execs = new Map<string, Exec>();
  #count = 0;

  /** @throws SwarmError resourceExhausted */
  announce(
    parts: Pick<Exec, "containerId" | "start" | "detachKeys" | "size"> & { readonly place: Place },
    clock: Clock,
  ): Exec {
    this.#forget(clock.now());
    if (this.#execs.size >= EXECS_MAX && !this.#forgetOneEnded()) {
      throw new SwarmError(
        "resourceExhausted",
        `${EXECS_MAX} processes of containers are announced or running already`,
      );
    }
    // A name, and no secret.
    const words = `${parts.containerId} ${clock.wallNow()} ${this.#count++}`;
    const id = createHash("sha256").update(words).digest("hex");
    const exec: Exec = {
      ...parts,
      id,
      state: "announced",
      exitCode: null,
      pid: 0,
      onSize: null,
      changedAt: clock.now(),
    };
    this.#execs.set(id, exec);
    return exec;
  }

  /** @throws SwarmError notFound */
  find(id: string): Exec {
    const exec = this.#execs.get(id);
    if (exec !== undefined) return exec;
    throw new SwarmError("notFound", `No such exec instance: ${id.slice(0, 100)}`);
  }

  /** Of a container, those that run. */
  runningIn(containerId: string): readonly string[] {
    const all = [...this.#execs.values()].filter((exec) => exec.containerId === containerId);
    return all.filter(({ state }) => state === "running").map(({ id }) => id);
  }

  /** The one that was announced first: whoever starts thousands in a row is not to wait for minutes. */
  #forgetOneEnded(): boolean {
    for (const [id, { state }] of this.#execs) if (state === "ended") return this.#execs.delete(id);
    return false;
  }

  #forget(now: InstantMs): void {
    for (const [id, { state, changedAt }] of this.#execs) {
      if (state !== "running" && now - changedAt >= REMEMBERED_MS) this.#execs.delete(id);
    }
  }
}

/** One for each server, whose backend it has for as long. */
const books = new WeakMap<Backend, ExecBook>();

export function execBook(backend: Backend): ExecBook {
  const book = books.get(backend) ?? new ExecBook();
  books.set(backend, book);
  return book;
}
