import { hasLabel } from "../../shared/objects/labels.ts";
import type { ListTasksRequest } from "../../shared/rpc/gen/control.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { Cli } from "../cli.ts";
import type { Flags } from "../flags.ts";
import { formatList } from "../format/list.ts";
import { nodesById, selfId } from "../names.ts";
import { parseFilters } from "../parse/filters.ts";
import { parseChoice } from "../parse/numbers.ts";
import { TASK_COLUMNS, taskRows } from "./row.ts";

const STATES = {
  new: "NEW",
  pending: "PENDING",
  assigned: "ASSIGNED",
  accepted: "ACCEPTED",
  preparing: "PREPARING",
  ready: "READY",
  starting: "STARTING",
  running: "RUNNING",
  complete: "COMPLETE",
  shutdown: "SHUTDOWN",
  failed: "FAILED",
  rejected: "REJECTED",
  remove: "REMOVE",
  orphaned: "ORPHANED",
} as const;

/** Prints the tasks of some services or nodes; the body of `service ps` and `node ps`. */
export async function printTasks(
  cli: Cli,
  flags: Flags,
  of: Pick<Sendable<ListTasksRequest>, "services" | "nodes">,
): Promise<void> {
  const filters = parseFilters(flags.list("filter"), ["id", "name", "node", "label", "desired-state"]);
  const desiredStates = filters["desired-state"].map((word) => parseChoice(word, "--filter desired-state", STATES));
  const control = await cli.api.control();
  const self = filters.node.includes("self") ? await selfId(cli) : "";
  const [{ tasks }, nodes] = await Promise.all([
    control.listTasks(
      { ...of, idPrefixes: [...filters.id], namePrefixes: [...filters.name], desiredStates },
      { signal: cli.signal },
    ),
    nodesById(cli),
  ]);
  const wantedNodes = filters.node.map((ref) => (ref === "self" ? self : ref));
  const shown = tasks.filter((task) => {
    const hostname = nodes.get(task.nodeId)?.description?.hostname;
    const labels = task.serviceAnnotations?.labels ?? {};
    if (!filters.label.every((filter) => hasLabel(labels, filter))) return false;
    return (
      wantedNodes.length === 0 ||
      wantedNodes.some((ref) => ref === hostname || (ref !== "" && task.nodeId.startsWith(ref)))
    );
  });
  const rows = taskRows(shown, {
    nowMs: cli.clock.wallNow(),
    wide: flags.is("noTrunc"),
    plainIds: flags.is("noResolve"),
    nodes,
  });
  const options = { quiet: flags.is("quiet"), format: flags.text("format") ?? "" };
  for (const line of formatList({ rows, columns: TASK_COLUMNS, id: (row) => row.ID }, options)) cli.output.line(line);
}
