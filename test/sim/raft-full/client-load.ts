import { SwarmError } from "../../../shared/errors.ts";
import type { Random } from "../../../shared/ports/random.ts";
import { Violation } from "../raft/checkers.ts";
import { type Command, type CommandResult, encodeCommand } from "../raft/registers.ts";
import type { Life, SimHost } from "./sim-host.ts";
import type { SimMachine } from "./sim-machine.ts";
import type { World } from "./world.ts";

/** What clients do through the nodes' own interface, and what they are told. */
export class ClientLoad {
  /** The highest index that a client was told of. */
  acknowledged = 0;
  acknowledgements = 0;
  readonly #world: World;
  readonly #random: Random;
  /** By process: what commands that were proposed through it did. */
  readonly #results = new WeakMap<Life, Map<number, CommandResult | null>>();
  /** By key: the newest write that a client was told of. */
  readonly #told = new Map<number, { readonly version: number; readonly value: number }>();
  #nextRead = 1;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  propose(): void {
    const host = this.#drawLeader();
    const { life } = host ?? {};
    if (life?.node == null) return;
    const { clients, trace } = this.#world;
    const command = clients.createCommand();
    const { node, process } = life;
    const results = this.#resultsOf(life);
    results.set(command.id, null);
    process.run(() => {
      node.propose(encodeCommand(command)).then(
        (index) => {
          if (!process.isDead) this.#onAcknowledged(command, index, results.get(command.id) ?? null);
        },
        (error: unknown) => {
          if (process.isDead) return;
          results.delete(command.id);
          const code = error instanceof SwarmError ? error.code : "none";
          trace.count(`propose_${code}`);
          // Anything else leaves open whether it will happen.
          if (code === "unavailable" || code === "resourceExhausted") clients.onDropped(command.id);
        },
      );
    });
  }

  read(): void {
    const host = this.#random.below(2) === 0 ? this.#oldestLeader() : this.#drawAny();
    const { life } = host ?? {};
    if (life?.node == null) return;
    const { clients, trace } = this.#world;
    const token = this.#nextRead++;
    const floor = this.acknowledged;
    clients.beginRead(token);
    const { node, process, machine } = life;
    process.run(() => {
      node.readBarrier().then(
        () => {
          if (process.isDead) return;
          trace.count("readAnswered");
          if (machine.applied < floor) {
            this.#world.onBroken(`a read on ${process.nodeId} sees ${machine.applied}, but ${floor} was acknowledged`);
          }
          clients.onRead(token, (key) => machine.registers.get(key));
        },
        () => trace.count("readRefused"),
      );
    });
  }

  onResult(life: Life, command: Command, result: CommandResult): void {
    const results = this.#results.get(life);
    if (results?.get(command.id) === null) results.set(command.id, result);
  }

  #onAcknowledged(command: Command, index: number, result: CommandResult | null): void {
    if (result === null) {
      this.#world.onBroken(`command ${command.id} was acknowledged at ${index}, where it is not applied`);
      return;
    }
    this.acknowledged = Math.max(this.acknowledged, index);
    this.acknowledgements++;
    this.#world.trace.count("acknowledged");
    this.#world.clients.onDone(command.id, result);
    const { key, to } = command;
    const { succeeded, version } = result;
    if (succeeded && version > (this.#told.get(key)?.version ?? 0)) this.#told.set(key, { version, value: to });
  }

  /** What a client was told is there, or something newer. @throws Violation. */
  checkNothingLost({ registers }: SimMachine): void {
    for (const [key, told] of this.#told) {
      const { version, value } = registers.get(key);
      if (version > told.version || (version === told.version && value === told.value)) continue;
      throw new Violation(
        `register ${key} holds ${value} (${version}), but ${told.value} (${told.version}) was acknowledged`,
      );
    }
  }

  /** Anyone that believes to lead; now and then someone who does not. */
  #drawLeader(): SimHost | null {
    const leaders = [...this.#world.hosts.values()].filter(({ life }) => life?.node?.status().role === "leader");
    if (leaders.length > 1) this.#world.trace.count("twoLeaders");
    if (leaders.length === 0 || this.#random.below(20) === 0) return this.#drawAny();
    return leaders[this.#random.below(leaders.length)] ?? null;
  }

  #drawAny(): SimHost | null {
    const up = [...this.#world.hosts.values()].filter(({ life }) => life?.node != null);
    return up[this.#random.below(Math.max(1, up.length))] ?? null;
  }

  /** Whoever was leader and does not know yet that it is not would tell of the past. */
  #oldestLeader(): SimHost | null {
    let oldest: { readonly host: SimHost; readonly term: number } | null = null;
    for (const host of this.#world.hosts.values()) {
      const status = host.life?.node?.status();
      if (status?.role === "leader" && (oldest === null || status.term < oldest.term))
        oldest = { host, term: status.term };
    }
    return oldest?.host ?? null;
  }

  #resultsOf(life: Life): Map<number, CommandResult | null> {
    const present = this.#results.get(life);
    if (present !== undefined) return present;
    const fresh = new Map<number, CommandResult | null>();
    this.#results.set(life, fresh);
    return fresh;
  }
}
