import { taskError } from "../../shared/objects/priority.ts";
import { slotName } from "../../shared/objects/task-name.ts";
import { isBefore, isFinal } from "../../shared/objects/task-state.ts";
import type { Node, PortConfig, Task } from "../../shared/rpc/gen/objects.ts";
import { ago } from "../format/age.ts";
import { naturalCompare } from "../format/natural-order.ts";
import { type Column, ellipsis } from "../format/table.ts";
import { pretty, shortId } from "../names.ts";

/** A line of `service ps` and `node ps`; its fields are what templates and JSON know. */
export interface TaskRow extends Readonly<Record<string, unknown>> {
  readonly CurrentState: string;
  readonly DesiredState: string;
  readonly Error: string;
  readonly ID: string;
  readonly Image: string;
  readonly Name: string;
  readonly Node: string;
  readonly Ports: string;
}

/** Of a task that is over: a sentence, where Docker has half of one. One that should run says all of it. */
const ERROR_LENGTH_MAX = 60;

export interface TaskRowOptions {
  readonly nowMs: number;
  /** Do not shorten ids, errors and image digests. */
  readonly wide: boolean;
  /** Ids instead of names. */
  readonly plainIds: boolean;
  readonly nodes: ReadonlyMap<string, Node>;
}

/** Newest first within a slot; its older tasks are drawn as branches. */
export function taskRows(tasks: readonly Task[], options: TaskRowOptions): readonly TaskRow[] {
  const sorted = [...tasks].sort(
    (a, b) => naturalCompare(slotName(a), slotName(b)) || createdMs(b) - createdMs(a) || (a.id < b.id ? -1 : 1),
  );
  return sorted.map((task, at) => {
    const previous = sorted[at - 1];
    const isOlder = previous !== undefined && slotName(previous) === slotName(task);
    return taskRow(task, isOlder, options);
  });
}

export const TASK_COLUMNS: readonly Column<TaskRow>[] = [
  { heading: "ID", cell: (row) => row.ID },
  { heading: "NAME", cell: (row) => row.Name },
  { heading: "IMAGE", cell: (row) => row.Image },
  { heading: "NODE", cell: (row) => row.Node },
  { heading: "DESIRED STATE", cell: (row) => row.DesiredState },
  { heading: "CURRENT STATE", cell: (row) => row.CurrentState },
  { heading: "ERROR", cell: (row) => row.Error },
  { heading: "PORTS", cell: (row) => row.Ports },
];

/** `nginx:1.22@sha256:...` as `nginx:1.22`. */
export function withoutDigest(image: string): string {
  return image.replace(/@sha256:[0-9a-f]+$/, "");
}

/** `*:8080->80/tcp`, `192.168.0.10:8080->80/tcp`. */
export function portText(port: PortConfig): string {
  return `${port.hostIp || "*"}:${port.publishedPort}->${port.targetPort}/${port.protocol.toLowerCase()}`;
}

function taskRow(task: Task, isOlder: boolean, options: TaskRowOptions): TaskRow {
  const { status } = task;
  const name = options.plainIds ? slotName({ ...task, serviceAnnotations: null }) : slotName(task);
  const image = task.spec?.container?.image ?? "";
  const isWhole = options.wide || isBefore(task.desiredState, "SHUTDOWN");
  const error = isWhole ? taskError(task) : ellipsis(taskError(task), ERROR_LENGTH_MAX);
  return {
    CurrentState: `${pretty(status?.state ?? "NEW")} ${ago(status?.timestampMs ?? 0, options.nowMs)}${detail(task, options)}`,
    DesiredState: pretty(task.desiredState),
    Error: error === "" ? "" : `"${error}"`,
    ID: options.wide ? task.id : shortId(task.id),
    Image: options.wide ? image : withoutDigest(image),
    Name: isOlder ? ` \\_ ${name}` : name,
    Node: nodeName(task.nodeId, options),
    Ports: status?.hostPorts.map(portText).join(",") ?? "",
  };
}

/**
 * What its state does not say: which step is under way while it starts; how much longer it waits before that, since the
 * ones before it ended quickly; that it is what was last heard of it.
 */
function detail({ desiredState, nodeId, status, notBeforeMs = 0 }: Task, { nodes, nowMs }: TaskRowOptions): string {
  const nodeState = nodes.get(nodeId)?.status?.state ?? "READY";
  if (UNHEARD.has(nodeState) && !isFinal(status?.state ?? "NEW")) return `, node ${nodeState.toLowerCase()}`;
  // Where it is not told more, its message is the state's own word.
  if (status?.state === "STARTING" && !["", "starting"].includes(status.message)) return `, ${status.message}`;
  const leftMs = notBeforeMs - nowMs;
  return desiredState === "READY" && leftMs > 0 ? `, backoff ${Math.ceil(leftMs / 1_000)}s` : "";
}

const UNHEARD: ReadonlySet<string> = new Set(["DOWN", "DISCONNECTED"]);

function nodeName(nodeId: string, { nodes, plainIds }: TaskRowOptions): string {
  const hostname = nodes.get(nodeId)?.description?.hostname ?? "";
  return plainIds || hostname === "" ? nodeId : hostname;
}

function createdMs(task: Task): number {
  return task.meta?.createdAtMs ?? 0;
}
