import type { LogLine__Output } from "../shared/rpc/gen/swarm/v1/LogLine.ts";
import type { Node__Output } from "../shared/rpc/gen/swarm/v1/Node.ts";
import type { Task__Output } from "../shared/rpc/gen/swarm/v1/Task.ts";
import { shortId } from "./names.ts";
import { taskName } from "./task-row.ts";

export interface LogLineOptions {
  readonly timestamps: boolean;
  readonly raw: boolean;
  readonly wholeIds: boolean;
  readonly taskIds: boolean;
  readonly plainIds: boolean;
}

/** Who is who in a stream of log lines. */
export interface LogNames {
  readonly tasks: ReadonlyMap<string, Task__Output>;
  readonly nodes: ReadonlyMap<string, Node__Output>;
}

/** `myweb.1.x8k2b...@host2    | text`, the names padded so that the texts stand in one column. */
export function formatLogLine(line: LogLine__Output, names: LogNames, options: LogLineOptions): string {
  const text = line.text.toString("utf8");
  const stamp = options.timestamps ? `${timestamp(line)} ` : "";
  if (options.raw) return stamp + text;
  const width = Math.max(
    0,
    ...[...names.tasks.values()].map((task) => sourceOf(task.id, task.nodeId, names, options).length),
  );
  return `${stamp}${sourceOf(line.taskId, line.nodeId, names, options).padEnd(width)}    | ${text}`;
}

function sourceOf(taskId: string, nodeId: string, { tasks, nodes }: LogNames, options: LogLineOptions): string {
  const id = options.wholeIds ? taskId : shortId(taskId);
  const task = tasks.get(taskId);
  const hostname = nodes.get(nodeId)?.description?.hostname ?? "";
  const node = options.plainIds || hostname === "" ? nodeId : hostname;
  if (task === undefined || options.plainIds) return `${id}@${node}`;
  return `${taskName(task)}${options.taskIds ? `.${id}` : ""}@${node}`;
}

/** RFC 3339 with nanoseconds. */
function timestamp({ timestampMs, nanos }: LogLine__Output): string {
  const text = new Date(timestampMs).toISOString();
  return `${text.slice(0, -1)}${String(nanos).padStart(6, "0")}Z`;
}
