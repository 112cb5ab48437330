import { SwarmError } from "../../shared/errors.ts";
import type { ContainerStats } from "../../shared/rpc/gen/streams.ts";
import type { HostTarget } from "../../shared/rpc/light/host-services.ts";
import type { Cli, Run } from "../cli.ts";
import { formatList } from "../format/list.ts";
import { naturalCompare } from "../format/natural-order.ts";
import { shortId } from "../names.ts";
import type { STATS_OPTIONS } from "./options.ts";
import { engineOf, placeOf } from "./place.ts";
import { runningTasksOf } from "./service-tasks.ts";
import { restingRow, STATS_COLUMNS, type StatsRow, statsRow } from "./stats-row.ts";

/** Containers of one host that are looked at together. */
interface Group {
  readonly target: HostTarget;
  readonly node: string;
  /** Empty = all. */
  readonly containers: string[];
}

interface Shown {
  readonly table: Map<string, StatsRow>;
  readonly idOf: (id: string) => string;
}

const REDRAW_MS = 1_000;

export const run: Run<typeof STATS_OPTIONS> = async (cli, args, flags) => {
  const groups = await groupsOf(cli, args, flags.text("node"));
  const table = new Map<string, StatsRow>();
  const idOf = flags.is("noTrunc") ? (id: string): string => id : shortId;
  if (flags.is("all") && args.length === 0) for (const group of groups) await addResting(cli, group, { table, idOf });
  const watches = groups.map((group) => watch(cli, group, { table, idOf }, flags.is("noStream")));
  const format = flags.text("format") ?? "";
  const lines = (): readonly string[] => {
    const rows = [...table.values()].sort((one, other) => naturalCompare(one.Name, other.Name));
    return formatList({ rows, columns: STATS_COLUMNS, id: (row) => row.ID }, { quiet: false, format });
  };
  const all = Promise.all(watches);
  if (flags.is("noStream")) {
    await all;
    for (const line of lines()) cli.output.line(line);
    return;
  }
  let drawn = 0;
  const draw = (): void => {
    const next = lines();
    cli.output.redraw(drawn, next);
    drawn = next.length;
  };
  using timer = repeat(cli, draw);
  await Promise.race([all, timer.stopped]);
};

function repeat(cli: Cli, action: () => void): Disposable & { readonly stopped: Promise<void> } {
  const stopped = Promise.withResolvers<void>();
  let timer = cli.clock.schedule(REDRAW_MS, "stats", again);
  function again(): void {
    action();
    timer = cli.clock.schedule(REDRAW_MS, "stats", again);
  }
  cli.signal.addEventListener("abort", () => stopped.resolve(), { once: true });
  return { stopped: stopped.promise, [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

async function addResting(cli: Cli, group: Group, { table, idOf }: Shown): Promise<void> {
  await using engine = await engineOf(cli, group);
  const { containers } = await engine.containers.list({ all: true }, { signal: cli.signal });
  for (const { id, name, state } of containers)
    if (state !== "RUNNING" && state !== "PAUSED") table.set(id, restingRow(idOf(id), name, group.node));
}

/** Keeps a host's rows up to date; with `isOnce` until there are two looks, between which processors are measured. */
async function watch(cli: Cli, group: Group, { table, idOf }: Shown, isOnce: boolean): Promise<void> {
  await using engine = await engineOf(cli, group);
  const before = new Map<string, ContainerStats>();
  let looks = 0;
  const { containers } = group;
  for await (const message of engine.streams.stats({ containers, follow: true }, { signal: cli.signal })) {
    const ids = new Set(message.containers.map(({ id }) => id));
    for (const id of before.keys()) {
      if (!ids.has(id)) {
        before.delete(id);
        table.delete(id);
      }
    }
    for (const now of message.containers) {
      table.set(now.id, statsRow(now, before.get(now.id) ?? null, { node: group.node, idOf }));
      before.set(now.id, now);
    }
    if (isOnce && ++looks === 2) return;
  }
}

/** Containers and services by host; none = all of one host. */
async function groupsOf(cli: Cli, args: readonly string[], node: string | undefined): Promise<readonly Group[]> {
  if (args.length === 0) return [await wholeHost(cli, node)];
  const groups = new Map<string, Group>();
  const add = (target: HostTarget, name: string, container: string): void => {
    const key = target.kind === "node" ? target.nodeId : "";
    const group = groups.get(key) ?? { target, node: name, containers: [] };
    groups.set(key, group);
    group.containers.push(container);
  };
  for (const arg of args) {
    const tasks = node === undefined ? await runningTasksOf(cli, arg) : null;
    if (tasks === null) {
      const { target, container, hostname } = await placeOf(cli, arg, node);
      add(target, hostname, container);
    } else {
      for (const { taskId, nodeId, hostname } of tasks) add({ kind: "node", nodeId }, hostname, taskId);
      if (tasks.length === 0) throw new SwarmError("failedPrecondition", `service ${arg} has no running task`);
    }
  }
  return [...groups.values()];
}

async function wholeHost(cli: Cli, node: string | undefined): Promise<Group> {
  if (node === undefined) {
    const local = await cli.api.local();
    const { hostname } = await local.info({}, { signal: cli.signal });
    return { target: { kind: "here" }, node: hostname, containers: [] };
  }
  const hosts = await cli.api.hosts();
  const { nodeId, hostname } = await hosts.find({ node }, { signal: cli.signal });
  return { target: { kind: "node", nodeId }, node: hostname, containers: [] };
}
