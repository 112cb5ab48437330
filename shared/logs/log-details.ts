import { type LoggedContainer, logAttributes } from "../objects/log-attributes.ts";
import { taskName } from "../objects/task-name.ts";
import type { Task as WholeTask } from "../objects/types.ts";
import type { ContainerDetails } from "../rpc/gen/containers.ts";
import type { Node, Task } from "../rpc/gen/objects.ts";
import { fillContainer } from "../template/task-template.ts";

/** What Docker puts in front of a line: `KEY=VALUE,KEY=VALUE `, or nothing where there is nothing to tell. */
export function formatDetails(attributes: ReadonlyMap<string, string>): string {
  if (attributes.size === 0) return "";
  const pairs = [...attributes].sort(([a], [b]) => (a < b ? -1 : 1));
  return `${pairs.map(([key, value]) => `${escaped(key)}=${escaped(value)}`).join(",")} `;
}

/** What the log options of a task's service add to each of its lines; nothing for one whose options make no sense. */
export function detailsOf(task: Task, node: Node | undefined): ReadonlyMap<string, string> {
  const { spec } = task;
  if (spec?.container == null) return new Map();
  const platform = node?.description?.platform ?? { os: "", architecture: "" };
  const { hostname = "" } = node?.description ?? {};
  try {
    const named = { ...task, serviceAnnotations: task.serviceAnnotations ?? { name: "", labels: {} } } as WholeTask;
    const filled = fillContainer(spec.container, named, { hostname, platform });
    const container: LoggedContainer = {
      containerId: task.status?.container?.containerId ?? "",
      name: taskName(named),
      imageName: filled.image,
      labels: filled.labels,
      env: filled.env,
    };
    return logAttributes(spec.logDriver, container);
  } catch {
    return new Map();
  }
}

/** What `--log-opt labels`, `env` and `tag` add to each line of a container; "" = nothing. */
export function containerDetails(container: ContainerDetails | null): string {
  const { summary, config, env } = container ?? {};
  if (!summary) return "";
  const { id, name, image, labels } = summary;
  const logged: LoggedContainer = { containerId: id, name, imageName: image, labels, env: env ?? [] };
  return formatDetails(logAttributes(config?.task?.logDriver ?? null, logged));
}

/** As in the query of an address, with "+" for a blank. */
function escaped(text: string): string {
  return encodeURIComponent(text).replaceAll("%20", "+");
}
