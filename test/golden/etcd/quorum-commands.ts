import {
  jointCommitted,
  jointIds,
  jointVote,
  majorityCommitted,
  majorityVote,
  type VoteResult,
} from "../../../raft/core/quorum.ts";
import { type LogIndex, type RaftId, toRaftId } from "../../../raft/ids.ts";
import type { Directive } from "../transcript.ts";

/** Computes what a quorum has committed or voted, in the two ways there are, and draws the indexes as bars. */
export function runQuorum(directive: Directive): string {
  const list = (key: string): readonly string[] | undefined => directive.args.find((arg) => arg.key === key)?.values;
  const incoming = toIds(list("cfg") ?? []);
  const outgoingWords = list("cfgj");
  const isJoint = outgoingWords !== undefined;
  const outgoing = toIds(outgoingWords?.[0] === "zero" ? [] : (outgoingWords ?? []));
  const words = list(directive.command === "committed" ? "idx" : "votes") ?? [];
  const ids = [...new Set([...incoming, ...outgoing])];
  const answers = new Map<RaftId, string>();
  for (const [at, id] of ids.entries()) {
    const word = words[at];
    if (word === undefined) return "error: mismatched input\n";
    if (word !== "_" && word !== "0") answers.set(id, word);
  }
  const voters = { incoming: new Set(incoming), outgoing: new Set(outgoing) };
  if (directive.command === "vote") {
    const votes = (id: RaftId): boolean | undefined => (answers.has(id) ? answers.get(id) === "y" : undefined);
    return `${RESULTS[isJoint ? jointVote(voters, votes) : majorityVote(voters.incoming, votes)]}\n`;
  }
  const acked = (id: RaftId): LogIndex | undefined => {
    const word = answers.get(id);
    return word === undefined ? undefined : (Number(word) as LogIndex);
  };
  const index = isJoint ? jointCommitted(voters, acked) : majorityCommitted(voters.incoming, acked);
  return `${drawBars(jointIds(voters), acked)}${Number.isFinite(index) ? index : "∞"}\n`;
}

const RESULTS: Readonly<Record<VoteResult, string>> = { won: "VoteWon", pending: "VotePending", lost: "VoteLost" };

function toIds(words: readonly string[]): RaftId[] {
  return words.map((word) => toRaftId(Number(word)));
}

function drawBars(ids: ReadonlySet<RaftId>, acked: (id: RaftId) => LogIndex | undefined): string {
  if (ids.size === 0) return "<empty majority quorum>";
  const rows = [...ids].map((id) => ({ id, index: acked(id) ?? 0, known: acked(id) !== undefined }));
  const below = (index: number): number => rows.filter((row) => row.index < index).length;
  const lines = rows
    .sort((a, b) => a.id - b.id)
    .map(({ id, index, known }) => {
      const bar = known ? `${"x".repeat(below(index))}>`.padEnd(rows.length + 1) : `?${" ".repeat(rows.length)}`;
      return `${bar} ${String(index).padStart(5)}    (id=${id})\n`;
    });
  return `${" ".repeat(rows.length)}    idx\n${lines.join("")}`;
}
