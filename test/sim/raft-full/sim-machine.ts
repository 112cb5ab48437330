import type { LogIndex } from "../../../raft/ids.ts";
import type { StateMachine } from "../../../raft/raft-handle.ts";
import { type Command, type CommandResult, decodeCommand, NO_REGISTERS, Registers } from "../raft/registers.ts";

/** Snapshots come in pieces of this size. */
const PIECE_BYTES = 40;
const SEPARATOR = " ";

export interface MachineEvents {
  onApply(index: LogIndex, data: Uint8Array): void;
  onResult(command: Command, result: CommandResult): void;
}

/** Registers, and a hash of everything that was ever applied: two that are at the same index must be the same. */
export class SimMachine implements StateMachine {
  /** Of the last command, or of the snapshot that stands for it. */
  applied = 0;
  hash = 0;
  registers = Registers.decode(NO_REGISTERS);
  readonly #events: MachineEvents;

  constructor(events: MachineEvents) {
    this.#events = events;
  }

  apply(index: LogIndex, data: Uint8Array): void {
    if (index <= this.applied) throw new Error(`entry ${index} is applied after ${this.applied}`);
    this.applied = index;
    for (const byte of data) this.hash = Math.imul(this.hash ^ byte, 0x01000193) >>> 0;
    this.#events.onApply(index, data);
    const command = decodeCommand(data);
    if (command !== null) this.#events.onResult(command, this.registers.apply(command));
  }

  /** Frozen by the call, encoded by the reading, as the port demands it. */
  snapshot(): Iterable<Uint8Array> {
    const text = [this.hash, this.registers.encode()].join(SEPARATOR);
    return (function* () {
      for (let at = 0; at < text.length; at += PIECE_BYTES) yield Buffer.from(text.slice(at, at + PIECE_BYTES));
    })();
  }

  *restore(index: LogIndex, data: Uint8Array): Generator<void> {
    yield;
    const [hash = "", registers = ""] = Buffer.from(data).toString().split(SEPARATOR);
    yield;
    this.applied = index;
    this.hash = Number(hash);
    this.registers = Registers.decode(registers);
  }

  encode(): string {
    return `${this.hash} ${this.registers.encode()}`;
  }
}
