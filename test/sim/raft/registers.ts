import type { Register, Value } from "../linearizability/register.ts";

/** What a client asks of the group, as the data of one entry. `id` is its own for ever. */
export interface Command {
  readonly id: number;
  readonly key: number;
  readonly kind: "write" | "cas";
  /** Looked at by cas only. */
  readonly from: Value;
  readonly to: number;
}

/** What a command did, told to the client whose entry it was. */
export interface CommandResult {
  readonly succeeded: boolean;
  /** Of the key, afterwards. */
  readonly version: number;
}

const UNWRITTEN: Register = { value: null, version: 0 };

/** The state machine of each member: registers with compare-and-set that count their writes. */
export class Registers {
  readonly #registers: Map<number, Register>;

  private constructor(registers: Map<number, Register>) {
    this.#registers = registers;
  }

  static decode(text: string): Registers {
    return new Registers(new Map(JSON.parse(text) as [number, Register][]));
  }

  encode(): string {
    return JSON.stringify([...this.#registers]);
  }

  get(key: number): Register {
    return this.#registers.get(key) ?? UNWRITTEN;
  }

  apply({ key, kind, from, to }: Command): CommandResult {
    const { value, version } = this.get(key);
    if (kind === "cas" && value !== from) return { succeeded: false, version };
    this.#registers.set(key, { value: to, version: version + 1 });
    return { succeeded: true, version: version + 1 };
  }
}

export const NO_REGISTERS = "[]";

export function encodeCommand({ id, key, kind, from, to }: Command): Uint8Array {
  return new TextEncoder().encode(`${id},${key},${kind},${from},${to}`);
}

/** null: not a client's, but the empty entry of a new leader. */
export function decodeCommand(data: Uint8Array): Command | null {
  if (data.length === 0) return null;
  const [id = "", key = "", kind = "", from = "", to = ""] = new TextDecoder().decode(data).split(",");
  return {
    id: Number(id),
    key: Number(key),
    kind: kind === "cas" ? "cas" : "write",
    from: from === "null" ? null : Number(from),
    to: Number(to),
  };
}
