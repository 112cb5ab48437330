import type { Entry } from "../../../raft/core/entry.ts";
import type { Outcome } from "../../../raft/core/input.ts";
import { type CoreOptions, type HardState, validateOptions } from "../../../raft/core/options.ts";
import { RaftCore } from "../../../raft/core/raft-core.ts";
import type { Ready } from "../../../raft/core/ready.ts";
import { EMPTY_CONF_STATE, type Snapshot } from "../../../raft/core/snapshot.ts";
import { type LogReader, StableLog } from "../../../raft/core/stable-log.ts";
import { INDEX_ZERO, type RaftId, TERM_ZERO, toRaftId } from "../../../raft/ids.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import { type EtcdMessage, formatMessage, formatReady } from "./format.ts";
import { appendWork, applyWork, type Parcel, selfParcels, splitMessages, toParcel } from "./messages.ts";
import { LEVELS, type Level, traceLine } from "./trace-lines.ts";

/** A member of the transcript's cluster: a core, its disk, and work its storage threads have not done yet. */
export interface WorldNode {
  readonly id: RaftId;
  readonly core: RaftCore;
  readonly stable: StableLog;
  readonly asyncWrites: boolean;
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  /** One snapshot of the state machine (all data applied, joined) for each applied entry. */
  readonly history: Snapshot[];
  hardState: HardState;
  readonly appendWork: {
    readonly message: EtcdMessage;
    readonly ready: Ready;
    readonly responses: readonly Parcel[];
  }[];
  readonly applyWork: { readonly message: EtcdMessage; readonly ready: Ready; readonly response: Parcel }[];
}

export interface NodeSettings {
  readonly options: Partial<CoreOptions>;
  readonly asyncWrites: boolean;
  /** null: starts with nothing. */
  readonly bootstrap: Snapshot | null;
}

/** The cluster, its one queue of messages, and what has been printed. */
export class World {
  readonly nodes: WorldNode[] = [];
  messages: Parcel[] = [];
  level: Level = "DEBUG";
  #output = "";

  takeOutput(): string {
    const output = this.#output;
    this.#output = "";
    return output;
  }

  print(text: string): void {
    this.#output += text;
  }

  printLine(line: string): void {
    this.print(`${line}\n`);
  }

  /** Everything printed in `run` is moved in by two spaces. */
  indented(run: () => void): void {
    const before = this.takeOutput();
    run();
    const lines = this.takeOutput().replace(/\n$/, "").split("\n");
    this.#output = before + lines.map((line) => (lines.length === 1 && line === "" ? "" : `  ${line}\n`)).join("");
  }

  node(id: number): WorldNode {
    const node = this.nodes[id - 1];
    if (node === undefined) throw new Error(`there is no node ${id}`);
    return node;
  }

  addNode({ options, asyncWrites, bootstrap }: NodeSettings): void {
    const id = toRaftId(this.nodes.length + 1);
    const base = bootstrap?.meta ?? { index: INDEX_ZERO, term: TERM_ZERO };
    const stable = new StableLog({ index: base.index, term: base.term }, [], bootstrap);
    const empty = { index: INDEX_ZERO, term: TERM_ZERO, confState: EMPTY_CONF_STATE, members: [], removed: [] };
    const history = [bootstrap ?? { meta: empty, data: new Uint8Array(0) }];
    const log: LogReader = {
      firstIndex: () => stable.firstIndex(),
      lastIndex: () => stable.lastIndex(),
      term: (index) => stable.term(index),
      entries: (low, high, bytesMax) => stable.entries(low, high, bytesMax),
      snapshot: () => history.at(-1) ?? null,
    };
    const full: CoreOptions = {
      id,
      electionTicks: 3,
      heartbeatTicks: 1,
      preVote: false,
      checkQuorum: false,
      readMode: "safe",
      leaseDriftPercent: 0,
      stepDownOnRemoval: false,
      disableProposalForwarding: false,
      disableConfChangeValidation: false,
      messageBytesMax: Number.MAX_SAFE_INTEGER,
      applyingBytesMax: Number.MAX_SAFE_INTEGER,
      uncommittedBytesMax: Number.MAX_SAFE_INTEGER,
      inflightCountMax: 2 ** 31 - 1,
      inflightBytesMax: 0,
      applyUnstable: !asyncWrites,
      random: seededRandom(id),
      trace: (event) => {
        const line = traceLine(id, event);
        if (line !== null && LEVELS.indexOf(line[0]) >= LEVELS.indexOf(this.level)) {
          this.printLine(`${line[0]} ${line[1]}`);
        }
      },
      ...options,
    };
    validateOptions(full);
    const confState = bootstrap?.meta.confState ?? EMPTY_CONF_STATE;
    const core = new RaftCore(full, { hardState: null, confState, applied: base.index, log });
    const { electionTicks, heartbeatTicks } = full;
    const hardState = { term: core.term, vote: core.vote, commit: core.commit };
    const work = { appendWork: [], applyWork: [] };
    this.nodes.push({ id, core, stable, asyncWrites, electionTicks, heartbeatTicks, history, hardState, ...work });
  }

  processReady(node: WorldNode): void {
    const { id, core } = node;
    const ready = core.takeReady();
    const { now, later } = splitMessages(ready);
    const mustSync =
      ready.entries.length > 0 ||
      (ready.hardState !== null &&
        (ready.hardState.term !== node.hardState.term || ready.hardState.vote !== node.hardState.vote));
    if (ready.hardState !== null) node.hardState = ready.hardState;
    if (node.asyncWrites) {
      const responses = [...later, ...selfParcels(id, ready)];
      const append = appendWork(id, ready, responses);
      const apply = ready.afterApply === null ? null : applyWork(id, ready, ready.afterApply);
      const work = [append, apply?.message ?? null].filter((message) => message !== null);
      this.print(formatReady(ready, mustSync, [...now.map(({ etcd }) => etcd), ...work]));
      if (append !== null) node.appendWork.push({ message: append, ready, responses });
      if (apply !== null) node.applyWork.push({ message: apply.message, ready, response: apply.response });
      this.messages.push(...now);
      return;
    }
    const messages = [...now, ...later];
    this.print(
      formatReady(
        ready,
        mustSync,
        messages.map(({ etcd }) => etcd),
      ),
    );
    persist(node, ready);
    for (const entry of ready.committed) apply(node, entry);
    this.messages.push(...messages);
    for (const input of ready.afterPersist) core.step(input);
    if (ready.afterApply !== null) core.step(ready.afterApply);
  }

  processAppendThread(node: WorldNode): void {
    const work = node.appendWork.shift();
    if (work === undefined) {
      this.printLine("no append work to perform");
      return;
    }
    this.#printWork(work.message, work.responses);
    persist(node, work.ready);
    this.messages.push(...work.responses);
  }

  processApplyThread(node: WorldNode): void {
    const work = node.applyWork.shift();
    if (work === undefined) {
      this.printLine("no apply work to perform");
      return;
    }
    this.printLine("Processing:");
    this.printLine(formatMessage({ ...work.message, responses: [] }));
    for (const entry of work.ready.committed) apply(node, entry);
    this.printLine("Responses:");
    this.printLine(formatMessage(work.response.etcd));
    this.messages.push(work.response);
  }

  /** Delivers, or loses, what is queued for `to`; returns how many there were. */
  deliver(to: number, drop: boolean, type: string | null): number {
    const isIncluded = (parcel: Parcel): boolean =>
      parcel.to === to && !(drop && parcel.local) && (type === null || parcel.etcd.type === type);
    const due = this.messages.filter(isIncluded);
    this.messages = this.messages.filter((parcel) => !isIncluded(parcel));
    for (const { etcd, input } of due) {
      this.print(drop ? "dropped: " : "");
      this.printLine(formatMessage(etcd));
      if (!drop) this.printOutcome(this.node(to).core.step(input));
    }
    return due.length;
  }

  hasMessagesFor(to: number): boolean {
    return this.messages.some((parcel) => parcel.to === to);
  }

  printOutcome(outcome: Outcome): void {
    if (outcome.kind === "dropped") this.printLine("raft proposal dropped");
    if (outcome.kind === "peerNotFound") this.printLine("raft: cannot step as peer not found");
  }

  queueSnapshot(from: WorldNode, to: number): void {
    const snapshot = from.history.at(-1);
    if (snapshot === undefined) throw new Error("no snapshot");
    const envelope = { from: from.id, to: toRaftId(to), term: from.core.term };
    const parcel = toParcel({ kind: "installSnapshot", ...envelope, snapshot });
    this.messages.push(parcel);
    this.print(formatMessage(parcel.etcd));
  }

  #printWork(message: EtcdMessage, responses: readonly Parcel[]): void {
    this.printLine("Processing:");
    this.printLine(formatMessage({ ...message, responses: [] }));
    this.printLine("Responses:");
    for (const { etcd } of responses) this.printLine(formatMessage(etcd));
  }
}

function persist({ stable, history }: WorldNode, { snapshot, entries }: Ready): void {
  if (snapshot !== null) {
    stable.install(snapshot);
    history.push(snapshot);
  }
  stable.append(entries);
}

/** The state machine joins all data it is given. */
function apply({ core, history }: WorldNode, entry: Entry): void {
  const last = history.at(-1);
  if (last === undefined) throw new Error("no history");
  if (entry.kind === "confChange") core.step({ kind: "confChangeApplied", change: entry.change });
  const update = entry.kind === "normal" ? entry.data : new Uint8Array(0);
  const confState = entry.kind === "confChange" ? core.confState : last.meta.confState;
  const meta = { index: entry.index, term: entry.term, confState, members: [], removed: [] };
  history.push({ meta, data: Uint8Array.from([...last.data, ...update]) });
}
