import type { ConfChangeOperation } from "../../../raft/core/entry.ts";
import type { Outcome } from "../../../raft/core/input.ts";
import { printConfiguration, printProgress } from "../../../raft/core/printer.ts";
import { type RaftId, sortedIds, toRaftId } from "../../../raft/ids.ts";
import { printEntry } from "../../support/print-messages.ts";
import type { Directive } from "../transcript.ts";
import type { Cluster } from "./cluster.ts";

/*
   add 1 2 3 [voters=(1,2,3)]        members with a first configuration, or with nothing
   campaign 1 | tick 1 [times=5] | hint 2 peer=1 | transfer 1 to=2 | read 2 token=7 | compact 1 keep=2 | crash 1 | start 1
   propose 1 text | change 1 (lines: +voter 4, +learner 5, - 3, ~ 2)
   ready 1 2     one Ready each, in full          deliver 2 3 | drop 2 3
   run [1 2]     until nothing happens any more; says the messages          settle [1 2]   the same, saying only what came of it
   state | log 1 | progress 1
*/

export function runCommand(cluster: Cluster, directive: Directive): string {
  const ids = directive.args
    .filter(({ values, key }) => values.length === 0 && /^\d+$/.test(key))
    .map(({ key }) => toRaftId(Number(key)));
  run(cluster, directive, ids);
  return cluster.takeOutput();
}

function run(cluster: Cluster, directive: Directive, ids: readonly RaftId[]): void {
  const [id] = ids;
  const everyone = ids.length === 0 ? sortedIds(cluster.cores.keys()) : ids;
  const argument = (key: string): readonly string[] => directive.args.find((arg) => arg.key === key)?.values ?? [];
  const peer = (key: string): RaftId => toRaftId(Number(argument(key)[0]));
  const only = (): RaftId => id ?? fail(directive);
  switch (directive.command) {
    case "add":
      for (const each of ids)
        cluster.add(
          each,
          argument("voters").map((voter) => toRaftId(Number(voter))),
        );
      return;
    case "campaign":
      cluster.core(only()).step({ kind: "campaign" });
      return;
    case "tick":
      for (let times = Number(argument("times")[0] ?? 1); times > 0; times--)
        cluster.core(only()).step({ kind: "tick" });
      return;
    case "hint":
      cluster.core(only()).step({ kind: "leaderConnectionClosed", peer: peer("peer") });
      return;
    case "transfer":
      cluster.core(only()).step({ kind: "transferLeadership", to: peer("to") });
      return;
    case "read":
      say(cluster, cluster.core(only()).step({ kind: "readIndex", token: Number(argument("token")[0]) }));
      return;
    case "compact":
      cluster.compact(only(), Number(argument("keep")[0] ?? 0));
      return;
    case "crash":
      cluster.cores.delete(only());
      return;
    case "start":
      cluster.start(only());
      return;
    case "propose": {
      const data = new TextEncoder().encode(directive.args[1]?.key ?? "");
      say(cluster, cluster.core(only()).step({ kind: "propose", proposals: [{ kind: "normal", data }] }));
      return;
    }
    case "change": {
      const operations = directive.input.map(toOperation);
      const change = { transition: "auto", operations, member: null } as const;
      say(cluster, cluster.core(only()).step({ kind: "propose", proposals: [{ kind: "confChange", change }] }));
      return;
    }
    case "ready":
      for (const each of ids) cluster.carryOut(each, true);
      return;
    case "deliver":
    case "drop":
      if (cluster.deliver(everyone, directive.command === "drop", false) === 0) cluster.say("no messages");
      return;
    case "run":
    case "settle":
      settle(cluster, everyone, directive.command === "settle");
      return;
    case "state":
      for (const each of sortedIds(cluster.cores.keys())) cluster.say(stateOf(cluster, each));
      return;
    case "log":
      for (const entry of cluster.logOf(only())) cluster.say(printEntry(entry));
      return;
    case "progress":
      for (const [each, progress] of [...cluster.core(only()).progress].sort(([a], [b]) => a - b)) {
        cluster.say(`${each}: ${printProgress(progress)}`);
      }
      return;
    default:
      fail(directive);
  }
}

function settle(cluster: Cluster, ids: readonly RaftId[], quiet: boolean): void {
  let isActive = true;
  while (isActive) {
    isActive = false;
    for (const id of ids) {
      while (cluster.cores.get(id)?.hasReady() === true) {
        cluster.carryOut(id, false);
        isActive = true;
      }
    }
    if (cluster.deliver(ids, false, quiet) > 0) isActive = true;
  }
}

function stateOf(cluster: Cluster, id: RaftId): string {
  const { role, term, vote, leader, commit, applied, lastIndex, configuration } = cluster.core(id);
  const who = `${role} term=${term} vote=${vote ?? "none"} leader=${leader ?? "none"}`;
  return `${id}: ${who} commit=${commit} applied=${applied} last=${lastIndex} ${printConfiguration(configuration)}`;
}

function say(cluster: Cluster, outcome: Outcome): void {
  if (outcome.kind === "dropped") cluster.say(`dropped: ${outcome.why}`);
}

const SIGNS = { "+voter": "addVoter", "+learner": "addLearner", "-": "remove", "~": "update" } as const;

function toOperation(line: string): ConfChangeOperation {
  const [sign = "", id] = line.trim().split(/\s+/);
  return { kind: SIGNS[sign as keyof typeof SIGNS], id: toRaftId(Number(id)) };
}

function fail({ command }: Directive): never {
  throw new Error(`cannot run "${command}"`);
}
