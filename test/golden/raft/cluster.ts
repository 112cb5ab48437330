import type { Entry } from "../../../raft/core/entry.ts";
import type { Message } from "../../../raft/core/message.ts";
import type { HardState } from "../../../raft/core/options.ts";
import { describeTrace } from "../../../raft/core/printer.ts";
import { RaftCore } from "../../../raft/core/raft-core.ts";
import type { Ready } from "../../../raft/core/ready.ts";
import { EMPTY_CONF_STATE, type Snapshot } from "../../../raft/core/snapshot.ts";
import { StableLog } from "../../../raft/core/stable-log.ts";
import type { TraceEvent } from "../../../raft/core/trace.ts";
import { INDEX_ZERO, type RaftId, toLogIndex, toTerm } from "../../../raft/ids.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import { printMessage, printReady } from "../../support/print-messages.ts";

/** Said in every transcript; the rest of the trace is for whoever looks for a fault. */
const SHOWN: ReadonlySet<TraceEvent["kind"]> = new Set<TraceEvent["kind"]>([
  "becameFollower",
  "becamePreCandidate",
  "becameCandidate",
  "becameLeader",
  "campaignIgnored",
  "configurationSwitched",
  "confChangeIgnored",
  "leaderGone",
  "leavingJoint",
  "quorumLost",
  "snapshotFastForwarded",
  "snapshotRestored",
  "transferStarted",
  "voteIgnored",
]);

interface Disk {
  log: StableLog;
  hardState: HardState | null;
}

/** Members of a transcript: the members of a group, one queue of messages, and what has been said. */
export class Cluster {
  readonly cores = new Map<RaftId, RaftCore>();
  readonly #disks = new Map<RaftId, Disk>();
  messages: Message[] = [];
  #lines: string[] = [];

  say(line: string): void {
    this.#lines.push(line);
  }

  takeOutput(): string {
    const lines = this.#lines;
    this.#lines = [];
    return lines.length === 0 ? "ok\n" : `${lines.join("\n")}\n`;
  }

  /** With `voters`, from a snapshot at 1/1 that says so; else with nothing. */
  add(id: RaftId, voters: readonly RaftId[]): void {
    const snapshot = voters.length === 0 ? null : foundation(voters);
    const base = { index: toLogIndex(voters.length === 0 ? 0 : 1), term: toTerm(voters.length === 0 ? 0 : 1) };
    this.#disks.set(id, { log: new StableLog(base, [], snapshot), hardState: null });
    this.start(id);
  }

  start(id: RaftId): void {
    const disk = this.#disk(id);
    const { base, entries, snapshot } = disk.log.contents;
    disk.log = new StableLog(base, entries, snapshot);
    const options = {
      id,
      electionTicks: 10,
      heartbeatTicks: 2,
      preVote: true,
      checkQuorum: true,
      readMode: "safe",
      leaseDriftPercent: 0,
      stepDownOnRemoval: true,
      disableProposalForwarding: true,
      disableConfChangeValidation: false,
      messageBytesMax: 1_000_000,
      applyingBytesMax: 1_000_000,
      uncommittedBytesMax: 1_000_000,
      inflightCountMax: 16,
      inflightBytesMax: 0,
      applyUnstable: true,
      random: seededRandom(id),
      trace: (event: TraceEvent) => {
        if (SHOWN.has(event.kind)) this.say(`${id}: ${describeTrace(event)}`);
      },
    } as const;
    const confState = snapshot?.meta.confState ?? EMPTY_CONF_STATE;
    const applied = snapshot?.meta.index ?? INDEX_ZERO;
    this.cores.set(id, new RaftCore(options, { hardState: disk.hardState, confState, applied, log: disk.log }));
  }

  core(id: RaftId): RaftCore {
    const core = this.cores.get(id);
    if (core === undefined) throw new Error(`member ${id} is not running`);
    return core;
  }

  /** Carries out one Ready; `detail` says all of it, else only what is applied and read. */
  carryOut(id: RaftId, detail: boolean): void {
    const core = this.core(id);
    const ready = core.takeReady();
    for (const line of printReady(ready)) {
      if (detail || line.startsWith("apply") || line.startsWith("read")) this.say(`${id}: ${line}`);
    }
    this.#persist(id, ready);
    this.messages.push(...ready.messages, ...ready.messagesAfterPersist);
    for (const input of ready.afterPersist) core.step(input);
    for (const entry of ready.committed) this.#apply(core, entry);
    if (ready.afterApply !== null) core.step(ready.afterApply);
  }

  /** Delivers what is queued for `to` (all: to everyone), or loses it. */
  deliver(to: readonly RaftId[], drop: boolean, quiet: boolean): number {
    const due = this.messages.filter((message) => to.includes(message.to));
    this.messages = this.messages.filter((message) => !to.includes(message.to));
    for (const message of due) {
      if (!quiet) this.say(`${drop ? "lost " : ""}${printMessage(message)}`);
      if (drop) continue;
      this.cores.get(message.to)?.step({ kind: "message", message });
      const report = { kind: "snapshotReport", peer: message.to, ok: true } as const;
      if (message.kind === "installSnapshot") this.cores.get(message.from)?.step(report);
    }
    return due.length;
  }

  /** Everything applied becomes a snapshot; `keep` entries stay behind it. */
  compact(id: RaftId, keep: number): void {
    const core = this.core(id);
    const { log } = this.#disk(id);
    const term = log.term(core.applied);
    if (typeof term !== "number") throw new Error(`nothing to compact on ${id}`);
    const meta = { index: core.applied, term, confState: core.confState, members: [], removed: [] };
    log.setSnapshot({ meta, data: new Uint8Array(0) });
    log.compact(toLogIndex(Math.max(0, core.applied - keep)));
    this.say(`${id}: log begins at ${log.firstIndex()}`);
  }

  logOf(id: RaftId): readonly Entry[] {
    return this.#disk(id).log.contents.entries;
  }

  #persist(id: RaftId, { hardState, entries, snapshot }: Ready): void {
    const disk = this.#disk(id);
    if (hardState !== null) disk.hardState = hardState;
    if (snapshot !== null) disk.log.install(snapshot);
    disk.log.append(entries);
  }

  #apply(core: RaftCore, entry: Entry): void {
    if (entry.kind === "confChange") core.step({ kind: "confChangeApplied", change: entry.change });
  }

  #disk(id: RaftId): Disk {
    const disk = this.#disks.get(id);
    if (disk === undefined) throw new Error(`there is no member ${id}`);
    return disk;
  }
}

function foundation(voters: readonly RaftId[]): Snapshot {
  const confState = { voters, learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
  const meta = { index: toLogIndex(1), term: toTerm(1), confState, members: [], removed: [] };
  return { meta, data: new Uint8Array(0) };
}
