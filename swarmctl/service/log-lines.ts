import { detailsOf, formatDetails } from "../../shared/logs/log-details.ts";
import type { LogNames } from "../../shared/logs/log-names.ts";
import { logTimestamp } from "../../shared/logs/log-timestamp.ts";
import { slotName } from "../../shared/objects/task-name.ts";
import type { LogLine } from "../../shared/rpc/gen/dispatcher.ts";
import { shortId } from "../names.ts";

export interface LogLineOptions {
  readonly timestamps: boolean;
  readonly details: boolean;
  readonly raw: boolean;
  readonly wholeIds: boolean;
  readonly taskIds: boolean;
  readonly plainIds: boolean;
}

/**
 * The prefix of a line's text: `myweb.1.x8k2b...@host2    | `, padded so that the texts form a column.
 */
export function logPrefix(line: LogLine, names: LogNames, options: LogLineOptions): string {
  const stamp = options.timestamps ? `${logTimestamp(line)} ` : "";
  if (options.raw) return `${stamp}${options.details ? rawDetails(line, names) : ""}`;
  const width = Math.max(
    0,
    ...[...names.tasks.values()].map((task) =>
      task === null ? 0 : sourceOf(task.id, task.nodeId, names, options).length,
    ),
  );
  const details = options.details ? formatDetails(attributesOf(line, names)) : "";
  return `${stamp}${sourceOf(line.taskId, line.nodeId, names, options).padEnd(width)}    | ${details}`;
}

function attributesOf({ taskId, nodeId }: LogLine, { tasks, nodes }: LogNames): ReadonlyMap<string, string> {
  const task = tasks.get(taskId) ?? null;
  return task === null ? new Map() : detailsOf(task, nodes.get(nodeId));
}

/** As Docker, which has no names in front of raw lines: whose they are is among the details. */
function rawDetails(line: LogLine, names: LogNames): string {
  const serviceId = names.tasks.get(line.taskId)?.serviceId ?? "";
  return formatDetails(
    new Map([
      ...attributesOf(line, names),
      ["com.docker.swarm.node.id", line.nodeId],
      ["com.docker.swarm.service.id", serviceId],
      ["com.docker.swarm.task.id", line.taskId],
    ]),
  );
}

function sourceOf(
  taskId: string,
  nodeId: string,
  { tasks, nodes, service }: LogNames,
  options: LogLineOptions,
): string {
  const id = options.wholeIds ? taskId : shortId(taskId);
  const task = tasks.get(taskId);
  const hostname = nodes.get(nodeId)?.description?.hostname ?? "";
  const node = options.plainIds || hostname === "" ? nodeId : hostname;
  if (options.plainIds) return `${id}@${node}`;
  // Its slot is no longer known, but it is still one of the service's tasks.
  if (task === undefined || task === null) return `${service === "" ? "" : `${service}.`}${id}@${node}`;
  return `${slotName(task)}${options.taskIds ? `.${id}` : ""}@${node}`;
}
