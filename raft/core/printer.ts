import { type RaftId, sortedIds } from "../ids.ts";
import type { ConfChange, EntryId } from "./entry.ts";
import type { Progress } from "./progress.ts";
import type { SnapshotMeta } from "./snapshot.ts";
import type { TraceEvent } from "./trace.ts";
import type { Configuration } from "./tracker.ts";

/** One-line texts for what the core works with: for logs and failure messages. */

const OPERATION_SIGNS = { addVoter: "+voter", addLearner: "+learner", remove: "-", update: "~" } as const;

/** `change(+voter 4)`. */
export function printConfChange({ transition, operations }: ConfChange): string {
  const list = operations.map(({ kind, id }) => `${OPERATION_SIGNS[kind]} ${id}`);
  const mode = transition === "auto" ? [] : [transition];
  return list.length === 0 ? "leaveJoint" : `change(${[...mode, ...list].join(", ")})`;
}

/** `1/12`: term and index. */
export function printId({ term, index }: EntryId): string {
  return `${term}/${index}`;
}

/** `1/12 voters=(1 2)` */
export function printSnapshot(meta: SnapshotMeta): string {
  const { voters, votersOutgoing, learners } = meta.confState;
  const outgoing = votersOutgoing.length === 0 ? "" : `&&(${votersOutgoing.join(" ")})`;
  const extra = learners.length === 0 ? "" : ` learners=(${learners.join(" ")})`;
  return `${printId(meta)} voters=(${voters.join(" ")})${outgoing}${extra}`;
}

/** `voters=(1 2)&&(3) learners=(4) learners_next=(5) autoleave`. */
export function printConfiguration({ voters, learners, learnersNext, autoLeave }: Configuration): string {
  const list = (ids: Iterable<RaftId>): string => `(${sortedIds(ids).join(" ")})`;
  const outgoing = voters.outgoing.size === 0 ? "" : `&&${list(voters.outgoing)}`;
  const learning = learners.size === 0 ? "" : ` learners=${list(learners)}`;
  const next = learnersNext.size === 0 ? "" : ` learners_next=${list(learnersNext)}`;
  return `voters=${list(voters.incoming)}${outgoing}${learning}${next}${autoLeave ? " autoleave" : ""}`;
}

/** `replicate match=4 next=9 inflight=2`. */
export function printProgress(progress: Progress): string {
  const { state, match, next, pendingSnapshot, inflights } = progress;
  const marks = [
    progress.isLearner ? "learner" : null,
    progress.isPaused() ? "paused" : null,
    pendingSnapshot > 0 ? `pendingSnapshot=${pendingSnapshot}` : null,
    progress.recentActive ? null : "inactive",
    inflights.count > 0 ? `inflight=${inflights.count}${inflights.isFull() ? "[full]" : ""}` : null,
  ];
  return [state, `match=${match}`, `next=${next}`, ...marks.filter((mark) => mark !== null)].join(" ");
}

/** A trace event as words: its kind in lower case, then its facts. */
export function describeTrace(event: TraceEvent): string {
  const { kind, ...facts } = event;
  const words = kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const fields = Object.entries(facts).map(([name, value]) => `${name}=${describeFact(name, value)}`);
  return [words, ...fields].join(" ");
}

function describeFact(name: string, value: unknown): string {
  if (value === null || typeof value !== "object") return String(value);
  if (name === "progress") return `[${printProgress(value as Progress)}]`;
  if (name === "configuration") return `[${printConfiguration(value as Configuration)}]`;
  if (name === "change") return printConfChange(value as ConfChange);
  if ("confState" in value) return `[${printSnapshot(value as SnapshotMeta)}]`;
  if ("term" in value && "index" in value) return printId(value as EntryId);
  if (Array.isArray(value)) return `(${value.join(" ")})`;
  return JSON.stringify(value);
}
