import type { Random } from "../../../shared/ports/random.ts";
import { checkHistory } from "../linearizability/check.ts";
import { type Register, type RegisterOperation, type Value, versionedRegister } from "../linearizability/register.ts";
import type { Timed } from "../linearizability/search.ts";
import { Violation } from "./checkers.ts";
import type { Command, CommandResult } from "./registers.ts";

/** Registers in use at the same time. */
const KEYS_AT_ONCE = 3;
/**
 * After this many operations a register is left alone and a new one begun: each history stays short enough to judge.
 */
const OPERATIONS_PER_KEY = 150;
/** A step is under a microsecond; a run with histories this hard is counted, not judged. */
const STEPS_MAX = 200_000;

interface OpenCommand {
  readonly command: Command;
  readonly invokedAt: number;
}

interface OpenRead {
  readonly key: number;
  readonly invokedAt: number;
}

/**
 * The clients of the group, and what they saw: the history that must be linearizable. They know nothing of terms,
 * indexes or leaders, so this judges the group without believing anything it says of itself.
 */
export class Clients {
  readonly #random: Random;
  readonly #history: Timed<RegisterOperation>[] = [];
  readonly #commands = new Map<number, OpenCommand>();
  readonly #reads = new Map<number, OpenRead>();
  /** What was last seen of each register: what a compare-and-set compares with. */
  readonly #seen = new Map<number, Value>();
  #time = 0;
  #nextId = 1;
  #asked = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Something to propose; exactly one of the three below follows, or it stays unheard of. */
  createCommand(): Command {
    const key = this.#drawKey();
    const id = this.#nextId++;
    const kind = this.#random.below(3) === 0 ? "cas" : "write";
    const command: Command = { id, key, kind, from: this.#seen.get(key) ?? null, to: id };
    this.#commands.set(id, { command, invokedAt: this.#time++ });
    return command;
  }

  /** It was refused, so it did and will do nothing. */
  onDropped(id: number): void {
    this.#commands.delete(id);
  }

  onDone(id: number, { succeeded, version }: CommandResult): void {
    const open = this.#commands.get(id);
    if (open === undefined) return;
    this.#commands.delete(id);
    const { kind, key, from, to } = open.command;
    if (succeeded) this.#seen.set(key, to);
    const operation: RegisterOperation =
      kind === "write" ? { kind, key, value: to, version } : { kind, key, from, to, succeeded, version };
    this.#history.push({ operation, invokedAt: open.invokedAt, returnedAt: this.#time++ });
  }

  beginRead(token: number): void {
    this.#reads.set(token, { key: this.#drawKey(), invokedAt: this.#time++ });
  }

  /** Answered by a member whose registers are these. The first answer counts. */
  onRead(token: number, get: (key: number) => Register): void {
    const open = this.#reads.get(token);
    if (open === undefined) return;
    this.#reads.delete(token);
    const { value, version } = get(open.key);
    this.#seen.set(open.key, value);
    this.#history.push({
      operation: { kind: "read", key: open.key, value, version },
      invokedAt: open.invokedAt,
      returnedAt: this.#time++,
    });
  }

  /** @throws Violation when no order of what happened explains what was seen. */
  check(): "ok" | "unknown" {
    const history = [...this.#history, ...[...this.#commands.values()].map(toUnheardOf)];
    const { verdict, illegalKey } = checkHistory(versionedRegister, history, ({ key }) => key, STEPS_MAX);
    if (verdict === "illegal") {
      throw new Violation(
        `the history of register ${illegalKey} is not linearizable:\n${describe(history, illegalKey)}`,
      );
    }
    return verdict;
  }

  #drawKey(): number {
    const generation = Math.floor(this.#asked++ / (KEYS_AT_ONCE * OPERATIONS_PER_KEY));
    return generation * KEYS_AT_ONCE + this.#random.below(KEYS_AT_ONCE);
  }
}

function toUnheardOf({ command: { kind, key, from, to }, invokedAt }: OpenCommand): Timed<RegisterOperation> {
  const operation: RegisterOperation =
    kind === "write"
      ? { kind, key, value: to, version: null }
      : { kind, key, from, to, succeeded: null, version: null };
  return { operation, invokedAt, returnedAt: null };
}

function describe(history: readonly Timed<RegisterOperation>[], key: number | null): string {
  return history
    .filter(({ operation }) => operation.key === key)
    .sort((a, b) => a.invokedAt - b.invokedAt)
    .map(({ operation, invokedAt, returnedAt }) => `${invokedAt}..${returnedAt ?? ""} ${JSON.stringify(operation)}`)
    .join("\n");
}
