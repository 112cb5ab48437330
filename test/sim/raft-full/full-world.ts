import type { Entry } from "../../../raft/core/entry.ts";
import type { Input } from "../../../raft/core/input.ts";
import type { Message } from "../../../raft/core/message.ts";
import type { TraceEvent } from "../../../raft/core/trace.ts";
import { type LogIndex, type RaftId, TERM_ZERO } from "../../../raft/ids.ts";
import type { RaftNode } from "../../../raft/raft-node.ts";
import { aesGcm, type RecordCipher } from "../../../raft/storage/ports/aes-gcm.ts";
import { RaftStorageError } from "../../../raft/storage/storage-error.ts";
import { messageOf } from "../../../shared/errors.ts";
import type { LogFields } from "../../../shared/log.ts";
import type { Random } from "../../../shared/ports/random.ts";
import { Checkers, Violation } from "../raft/checkers.ts";
import { Clients } from "../raft/clients.ts";
import { EventQueue } from "../raft/event-queue.ts";
import type { TraceHash } from "../raft/trace-hash.ts";
import { bootHost } from "./boot-host.ts";
import { ClientLoad } from "./client-load.ts";
import { drain } from "./drain.ts";
import { Operators } from "./operators.ts";
import type { FullOptions } from "./options.ts";
import { quickCipher } from "./quick-cipher.ts";
import { Sightings } from "./sightings.ts";
import type { Ending } from "./sim-disk.ts";
import { type Life, SimHost, SOUND } from "./sim-host.ts";
import { SimMachine } from "./sim-machine.ts";
import { SimNetwork } from "./sim-network.ts";
import { SimProcess } from "./sim-process.ts";
import type { World } from "./world.ts";

/** A node that ended or whose start failed is started again within this time. */
const RESTART_MS_MAX = 4_000;
/** After a change of membership its commit has reached every disk by then, with writes of other things. */
const SETTLED_MS = 5_000;
/** What a leader believes of its peers is looked at as often; everything else each time. */
const LOOK_ONE_IN = 8;
const ANYTHING: Input = { kind: "campaign" };
const NOTHING_NEW: Input = { kind: "tick" };

/**
 * A group of managers in one thread, each running production's shell; all that is simulated is what the shell stands
 * on.
 */
export class FullWorld implements World {
  readonly options: FullOptions;
  readonly trace: TraceHash;
  readonly queue = new EventQueue();
  readonly checkers = new Checkers();
  readonly cipher: RecordCipher;
  readonly network: SimNetwork;
  readonly clients: Clients;
  readonly load: ClientLoad;
  readonly operators: Operators;
  readonly sightings: Sightings;
  readonly hosts = new Map<string, SimHost>();
  readonly #random: Random;
  #failure: unknown = null;
  #healed = false;
  #acts = 0;
  /** When anyone last wrote a change of membership. */
  #membersChangedAt = 0;
  /** Who used a raft id, and with which disk. */
  readonly #owners = new Map<RaftId, string>();

  constructor(options: FullOptions, random: Random, trace: TraceHash) {
    this.options = options;
    this.#random = random;
    this.trace = trace;
    this.cipher = options.realCipher ? aesGcm : quickCipher;
    this.clients = new Clients(random.fork("clients"));
    this.network = new SimNetwork(this.queue, random.fork("network"), options);
    this.sightings = new Sightings(trace);
    this.load = new ClientLoad(this, random.fork("load"));
    this.operators = new Operators(this, random.fork("operators"));
    for (let at = 0; at < options.members; at++) this.createHost();
  }

  get now(): number {
    return this.queue.now;
  }

  get isHealed(): boolean {
    return this.#healed;
  }

  /** A member that loses power now still knows the group as it is, though commits are not synced one by one. */
  get areMembersSettled(): boolean {
    return this.now > this.#membersChangedAt + SETTLED_MS;
  }

  schedule(delayMs: number, run: () => void): void {
    this.queue.schedule(delayMs, run);
  }

  /** Lets the next thing happen. @throws whatever was found to be wrong. */
  runNext(until: number): boolean {
    const ran = this.queue.runNext(until);
    // What happens to the world and not to a process may wake promises too.
    drain();
    if (this.#failure !== null) throw this.#failure;
    return ran;
  }

  createHost(): SimHost {
    const { syncMsMean, stallOneIn, stallMs, switchOneIn, readsTakeTime } = this.options;
    const number = this.hosts.size + 1;
    const host = new SimHost(
      `n${number}`,
      `10.0.0.${number}:1`,
      number === 1,
      this.cipher,
      { syncMsMean, stallOneIn, stallMs, switchOneIn, readsTakeTime, failsIn: 0 },
      { writeMsMean: syncMsMean, failsIn: 0 },
    );
    this.hosts.set(host.nodeId, host);
    return host;
  }

  randomOf(process: SimProcess): Random {
    return this.#random.fork(`${process.nodeId}.${process.life}`);
  }

  start(host: SimHost): void {
    if (host.isUp || host.isGone || host.isRefused || this.operators.areHome) return;
    const process = new SimProcess(host.nodeId, ++host.lives, this);
    const machine: SimMachine = new SimMachine({
      onApply: (index, data) => this.#onApply(life, index, data),
      onResult: (command, result) => this.load.onResult(life, command, result),
    });
    const life: Life = {
      process,
      machine,
      database: null,
      transport: null,
      core: null,
      node: null,
      leadership: "following",
      isStopping: false,
      isRotating: false,
      isSavingSnapshot: false,
    };
    host.life = life;
    this.trace.note(`start ${host.nodeId}`);
    process.run(() => {
      bootHost(this, host, life).then(
        (node) => this.#onStarted(host, life, node),
        (error: unknown) => this.#onStartFailed(host, life, error),
      );
    });
  }

  /** The process ends without warning, with or without its machine. */
  crash(host: SimHost, ending: Ending = this.#drawEnding()): void {
    const { life } = host;
    if (life === null) return;
    if (life.isRotating) this.trace.count("rotationInterrupted");
    if (life.isSavingSnapshot) this.trace.count("crashDuringSnapshot");
    if (life.node === null) this.trace.count("crashDuringStart");
    const lost = this.#end(host, life, ending);
    this.trace.note(`crash ${host.nodeId} ${ending} lost ${lost}`);
    if (lost > 0) this.trace.count("crashLosingWrites");
    if (host.disk.tornTail) this.trace.count("tornTail");
    this.restartLater(host);
  }

  restartLater(host: SimHost): void {
    this.schedule(this.#healed ? 100 : this.#random.below(RESTART_MS_MAX), () => this.start(host));
  }

  /** A clean stop, as production's: leadership is handed over first. */
  stop(host: SimHost): void {
    const { life } = host;
    if (life?.node == null || life.isStopping) return;
    const { node } = life;
    life.isStopping = true;
    this.trace.note(`stop ${host.nodeId}`);
    life.process.run(() => void node.stop());
  }

  heal(): void {
    this.#healed = true;
    this.network.heal(true);
    for (const host of this.hosts.values()) {
      Object.assign(host.diskRhythm, { syncMsMean: 1, stallOneIn: 0, failsIn: 0 });
      Object.assign(host.keyRhythm, { writeMsMean: 1, failsIn: 0 });
      host.life?.process.armCrash(Number.POSITIVE_INFINITY);
      host.life?.process.resume();
      this.start(host);
    }
    this.trace.note("heal");
  }

  /** Something is wrong; the run ends with it. The first one counts. */
  onBroken(sentence: string): void {
    this.#failure ??= new Violation(sentence);
  }

  note(text: string): void {
    this.trace.note(text);
  }

  // What processes do.

  onActed({ nodeId }: SimProcess): void {
    const life = this.hosts.get(nodeId)?.life;
    const core = life?.core;
    if (life?.node == null || core == null || life.process.isDead) return;
    this.#guard(() => this.checkers.onStepped(core, ++this.#acts % LOOK_ONE_IN === 0 ? ANYTHING : NOTHING_NEW));
  }

  onCrashPoint({ nodeId, isDead }: SimProcess, at: string): void {
    const host = this.hosts.get(nodeId);
    if (host === undefined || isDead) return;
    this.trace.note(`crashPoint ${at}`);
    this.crash(host);
  }

  onSend(host: SimHost, life: Life, message: Message): void {
    if (life.process.isDead || life.core === null) return;
    const { core } = life;
    this.trace.onMessage("send", message);
    // It cannot know that its disk lies; when that comes to light it must not start again.
    if (host.disk.lies) return;
    this.#guard(() => {
      // Acknowledged in a term that is over on this disk: of no use to anyone, and the entries may be overwritten.
      const isPast = (): boolean => (host.promises.hardState?.term ?? TERM_ZERO) > message.term;
      if (message.kind === "appendEntriesResponse" && message.rejection === null) {
        if (host.promises.log.lastIndex() < message.index && isPast()) return;
      }
      this.checkers.onSend(core, host.promises, message);
    });
  }

  onDeliver(message: Message): void {
    this.trace.onMessage("deliver", message);
  }

  onTrace(life: Life, event: TraceEvent): void {
    if (life.process.isDead) return;
    const id = life.core?.id ?? (0 as RaftId);
    this.trace.onTrace(id, event);
    this.sightings.onTrace(id, event);
  }

  onWrite(life: Life, entries: readonly Entry[]): void {
    const { core } = life;
    if (life.process.isDead || core === null) return;
    // What was overwritten while it waited for the disk has another past by now.
    const present = entries.filter(({ index, term }) => core.termAt(index) === term);
    this.#guard(() => this.checkers.onEntriesHandedOut(core, present));
    this.sightings.onWrite(core, entries);
    if (entries.some(({ kind }) => kind === "confChange")) this.#membersChangedAt = this.now;
  }

  onWarning(host: SimHost, message: string): void {
    this.trace.note(`warning ${host.nodeId}: ${message}`);
    if (message.includes("was damaged and has been cut off")) this.trace.count("tailCut");
  }

  onErrorLine(host: SimHost, message: string, fields?: LogFields): void {
    this.trace.note(`error ${host.nodeId}: ${message} ${String(fields?.["error"] ?? "")}`);
  }

  #onApply(life: Life, index: LogIndex, data: Uint8Array): void {
    const { core } = life;
    if (life.process.isDead || core === null) return;
    const term = core.termAt(index);
    if (typeof term !== "number") return;
    this.#guard(() => this.checkers.onApply(core.id, { kind: "normal", index, term, data }));
  }

  #onStarted(host: SimHost, life: Life, node: RaftNode): void {
    if (life.process.isDead) return;
    const { expectation } = host;
    if (expectation.kind === "refuse") {
      this.onBroken(`${host.nodeId} starts, though ${expectation.why}`);
    }
    host.expectation = SOUND;
    life.node = node;
    this.#claimId(host, node.raftId);
    this.trace.note(`started ${host.nodeId} as ${node.raftId}`);
    node.onLeadership((state) => {
      life.leadership = state;
      if (state === "removed") this.operators.onRemoved(host, life);
    });
    void node.ended.then((error) => this.#onEnded(host, life, error));
  }

  #claimId(host: SimHost, raftId: RaftId): void {
    if (host.raftId !== raftId) host.hasLostPromises = false;
    host.raftId = raftId;
    const owner = `${host.nodeId}, disk ${host.disk.generation}`;
    const before = this.#owners.get(raftId);
    if (before !== undefined && before !== owner) this.onBroken(`${raftId} is ${before}, and now ${owner}`);
    this.#owners.set(raftId, owner);
  }

  #onStartFailed(host: SimHost, life: Life, error: unknown): void {
    if (life.process.isDead) return;
    const hasDiskFailed = life.database?.hasFailed === true || messageOf(error).endsWith("simulated");
    this.#end(host, life, hasDiskFailed ? "powerLoss" : "kill");
    if (hasDiskFailed) {
      this.trace.note(`startFailed ${host.nodeId}: ${messageOf(error)}`);
      this.restartLater(host);
      return;
    }
    const fault = error instanceof RaftStorageError ? error.fault : "none";
    this.trace.note(`refusedStart ${host.nodeId} ${fault}: ${messageOf(error)}`);
    this.trace.count(`refused_${fault}`);
    const { expectation } = host;
    const isExpected =
      expectation.kind === "either" || (expectation.kind === "refuse" && expectation.faults.includes(fault));
    if (!isExpected) {
      const wanted =
        expectation.kind === "refuse" ? `with ${expectation.faults.join(" or ")}, as ${expectation.why}` : "at all";
      this.#failure ??= new Violation(`${host.nodeId} should not refuse ${wanted}: ${messageOf(error)}`, {
        cause: error,
      });
    }
    this.operators.onRefused(host, fault);
  }

  #onEnded(host: SimHost, life: Life, error: Error | null): void {
    if (life.process.isDead) return;
    const hasDiskFailed = life.database?.hasFailed === true;
    this.trace.note(`ended ${host.nodeId}: ${error === null ? "stopped" : error.message}`);
    if (error !== null && !hasDiskFailed) {
      this.#failure ??= new Violation(`${host.nodeId} ended: ${error.message}`, { cause: error });
    }
    if (error === null && !life.isStopping) this.onBroken(`${host.nodeId} ended by itself`);
    this.#end(host, life, hasDiskFailed ? "powerLoss" : "kill");
    this.operators.onEnded(host, life);
  }

  /** Returns how many writes were lost. */
  #end(host: SimHost, life: Life, ending: Ending): number {
    life.process.isDead = true;
    host.life = null;
    if (life.transport !== null) this.network.onGone(life.transport);
    if (host.raftId !== null) this.checkers.onRestart(host.raftId);
    host.diskRhythm.failsIn = 0;
    host.keyRhythm.failsIn = 0;
    host.keys.crash(this.#random);
    const hasLied = host.disk.lies;
    const lost = host.disk.crash(this.#random, ending);
    if (hasLied) this.operators.onLieTold(host, lost);
    return lost;
  }

  #drawEnding(): Ending {
    return this.#random.below(100) < this.options.powerLossPercent ? "powerLoss" : "kill";
  }

  /** Checks run inside production's code, which must not be disturbed by what they find. */
  #guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#failure ??= error;
    }
  }
}
