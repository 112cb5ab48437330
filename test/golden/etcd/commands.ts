import type { ConfChange, ConfChangeOperation } from "../../../raft/core/entry.ts";
import type { CoreOptions } from "../../../raft/core/options.ts";
import { jointIds } from "../../../raft/core/quorum.ts";
import type { Snapshot } from "../../../raft/core/snapshot.ts";
import { sortedIds, toLogIndex, toRaftId, toTerm } from "../../../raft/ids.ts";
import type { Directive } from "../transcript.ts";
import { formatEntry, formatProgress, formatRole, OLD_FORMAT } from "./format.ts";
import { LEVELS, type Level } from "./trace-lines.ts";
import type { World, WorldNode } from "./world.ts";

/** Runs one command and returns what a transcript shows under it. */
export function runCommand(world: World, directive: Directive): string {
  COMMANDS[directive.command]?.(world, directive) ?? unknownCommand(directive);
  const output = world.takeOutput();
  if (world.level === "NONE" && directive.command !== "log-level") return "ok\n";
  if (output === "") return "ok\n";
  return output.endsWith("\n") ? output : `${output}\n`;
}

type Run = (world: World, directive: Directive) => true;

function unknownCommand({ command }: Directive): never {
  throw new Error(`unknown command ${command}`);
}

const done = true as const;

const COMMANDS: Readonly<Record<string, Run>> = {
  "add-nodes": addNodes,
  campaign: onNode((_world, node) => node.core.step({ kind: "campaign" })),
  compact: onNode((world, node, { args }) => {
    node.stable.compact(toLogIndex(Number(args[1]?.key)));
    printLog(world, node);
  }),
  "deliver-msgs": deliver,
  "forget-leader": onNode((_world, node) => node.core.step({ kind: "forgetLeader" })),
  "log-level": (world, { args }) => {
    world.level = toLevel(args[0]?.key ?? "");
    return done;
  },
  "process-append-thread": onNodes("processing append thread", (world, node) => world.processAppendThread(node)),
  "process-apply-thread": onNodes("processing apply thread", (world, node) => world.processApplyThread(node)),
  "process-ready": onNodes("handling Ready", (world, node) => world.processReady(node)),
  propose: onNode((world, node, { args }) => {
    const data = new TextEncoder().encode(args[1]?.key ?? "");
    world.printOutcome(node.core.step({ kind: "propose", proposals: [{ kind: "normal", data }] }));
  }),
  "propose-conf-change": onNode((world, node, directive) => {
    const change = parseChange(directive);
    world.printOutcome(node.core.step({ kind: "propose", proposals: [{ kind: "confChange", change }] }));
  }),
  "raft-log": onNode(printLog),
  "raft-state": (world) => {
    for (const { core } of world.nodes) {
      const voter = jointIds(core.configuration.voters).has(core.id) ? "Voter" : "Non-Voter";
      const state = `${formatRole(core.role)} (${voter}) Term:${core.term} Lead:${core.leader ?? 0}`;
      world.printLine(`${core.id}: ${state}`);
    }
    return done;
  },
  "report-unreachable": onNode((_world, node, { args }) =>
    node.core.step({ kind: "peerUnreachable", peer: toRaftId(Number(args[1]?.key)) }),
  ),
  "send-snapshot": onNode((world, node, { args }) => world.queueSnapshot(node, Number(args[1]?.key))),
  "set-randomized-election-timeout": onNode((_world, node, directive) => {
    node.core.randomizedElectionTicks = Number(argOf(directive, "timeout"));
  }),
  stabilize,
  status: onNode((world, node) => {
    for (const id of sortedIds(node.core.progress.keys())) {
      const progress = node.core.progress.get(id);
      if (progress !== undefined) world.printLine(`${id}: ${formatProgress(progress)}`);
    }
  }),
  "tick-election": onNode((_world, node) => tick(node, node.electionTicks)),
  "tick-heartbeat": onNode((_world, node) => tick(node, node.heartbeatTicks)),
  "transfer-leadership": (world, directive) => {
    const from = world.node(Number(argOf(directive, "from")));
    from.core.step({ kind: "transferLeadership", to: toRaftId(Number(argOf(directive, "to"))) });
    return done;
  },
};

function onNode(run: (world: World, node: WorldNode, directive: Directive) => unknown): Run {
  return (world, directive) => {
    run(world, world.node(Number(directive.args[0]?.key)), directive);
    return done;
  };
}

/** With several nodes each gets a heading. */
function onNodes(what: string, run: (world: World, node: WorldNode) => void): Run {
  return (world, directive) => {
    const ids = idsOf(directive);
    for (const id of ids) {
      if (ids.length === 1) run(world, world.node(id));
      else {
        world.printLine(`> ${id} ${what}`);
        world.indented(() => run(world, world.node(id)));
      }
    }
    return done;
  };
}

function idsOf({ args }: Directive): number[] {
  return args.filter(({ values }) => values.length === 0).map(({ key }) => Number(key));
}

function argOf({ args }: Directive, key: string): string | undefined {
  return args.find((arg) => arg.key === key)?.values[0];
}

function toLevel(text: string): Level {
  const level = LEVELS.find((known) => known === text.toUpperCase());
  if (level === undefined) throw new Error(`unknown log level ${text}`);
  return level;
}

function tick({ core }: WorldNode, ticks: number): void {
  for (let count = 0; count < ticks; count++) core.step({ kind: "tick" });
}

function addNodes(world: World, directive: Directive): true {
  const count = Number(directive.args[0]?.key);
  const list = (key: string) =>
    (directive.args.find((arg) => arg.key === key)?.values ?? []).map((id) => toRaftId(Number(id)));
  const isTrue = (key: string): boolean => argOf(directive, key) === "true";
  const number = (key: string): number | undefined => {
    const value = argOf(directive, key);
    return value === undefined ? undefined : Number(value);
  };
  const inflightCountMax = number("inflight");
  const applyingBytesMax = number("max-committed-size-per-ready");
  const options: Partial<CoreOptions> = {
    preVote: isTrue("prevote"),
    checkQuorum: isTrue("checkquorum"),
    stepDownOnRemoval: isTrue("step-down-on-removal"),
    disableConfChangeValidation: isTrue("disable-conf-change-validation"),
    readMode: argOf(directive, "read-only") === "lease-based" ? "lease" : "safe",
    ...(inflightCountMax === undefined ? {} : { inflightCountMax }),
    ...(applyingBytesMax === undefined ? {} : { applyingBytesMax }),
  };
  const [voters, learners, index, content] = [
    list("voters"),
    list("learners"),
    number("index"),
    argOf(directive, "content"),
  ];
  const isEmpty = voters.length === 0 && learners.length === 0 && index === undefined && content === undefined;
  const bootstrap: Snapshot | null = isEmpty
    ? null
    : {
        meta: {
          index: toLogIndex(index ?? 0),
          term: toTerm(1),
          confState: { voters, learners, votersOutgoing: [], learnersNext: [], autoLeave: false },
          members: [],
          removed: [],
        },
        data: new TextEncoder().encode(content ?? ""),
      };
  for (let added = 0; added < count; added++) {
    world.addNode({ options, asyncWrites: isTrue("async-storage-writes"), bootstrap });
  }
  return done;
}

function deliver(world: World, directive: Directive): true {
  const type = argOf(directive, "type") ?? null;
  let count = 0;
  for (const { key, values } of directive.args) {
    if (key === "type") continue;
    if (key === "drop") for (const id of values) count += world.deliver(Number(id), true, type);
    else count += world.deliver(Number(key), false, type);
  }
  if (count === 0) world.printLine("no messages");
  return done;
}

/** Until nothing happens any more: Readys, then messages, then storage threads, each over the nodes in order. */
function stabilize(world: World, directive: Directive): true {
  const level = world.level;
  const wanted = argOf(directive, "log-level");
  if (wanted !== undefined) world.level = toLevel(wanted);
  const ids = idsOf(directive);
  const nodes = ids.length === 0 ? world.nodes : ids.map((id) => world.node(id));
  let active = true;
  const eachIf = (has: (node: WorldNode) => boolean, what: string, run: (node: WorldNode) => void): void => {
    for (const node of nodes) {
      if (!has(node)) continue;
      world.printLine(`> ${node.id} ${what}`);
      do world.indented(() => run(node));
      while (what.includes("thread") && has(node));
      active = true;
    }
  };
  while (active) {
    active = false;
    eachIf(
      ({ core }) => core.hasReady(),
      "handling Ready",
      (node) => world.processReady(node),
    );
    eachIf(
      ({ id }) => world.hasMessagesFor(id),
      "receiving messages",
      ({ id }) => void world.deliver(id, false, null),
    );
    eachIf(
      ({ appendWork }) => appendWork.length > 0,
      "processing append thread",
      (node) => world.processAppendThread(node),
    );
    eachIf(
      ({ applyWork }) => applyWork.length > 0,
      "processing apply thread",
      (node) => world.processApplyThread(node),
    );
  }
  if (world.level === "NONE") world.takeOutput();
  world.level = level;
  return done;
}

function printLog(world: World, { stable }: WorldNode): void {
  const [first, last] = [stable.firstIndex(), stable.lastIndex()];
  if (first > last) {
    world.print(`log is empty: first index=${first}, last index=${last}`);
    return;
  }
  const entries = stable.entries(first, toLogIndex(last + 1), Number.MAX_SAFE_INTEGER);
  if (typeof entries === "string") throw new Error(entries);
  for (const entry of entries) world.printLine(formatEntry(entry));
}

const OPERATIONS = { v: "addVoter", l: "addLearner", r: "remove", u: "update" } as const;

/** `v1 l2 r3 u4`. */
export function parseOperations(line: string): ConfChangeOperation[] {
  return line
    .split(/\s+/)
    .filter((token) => token !== "")
    .map((token) => {
      const kind = OPERATIONS[token[0] as keyof typeof OPERATIONS];
      return { kind, id: Number(token.slice(1)) as ConfChangeOperation["id"] };
    });
}

const TRANSITIONS = { auto: "auto", implicit: "jointImplicit", explicit: "jointExplicit" } as const;

function parseChange(directive: Directive): ConfChange {
  const operations = parseOperations(directive.input.join(" "));
  const transition = TRANSITIONS[(argOf(directive, "transition") ?? "auto") as keyof typeof TRANSITIONS];
  const old = argOf(directive, "v1") === "true";
  const member = old ? { raftId: toRaftId(operations[0]?.id ?? 1), nodeId: OLD_FORMAT, address: "" } : null;
  return { transition, operations, member };
}
