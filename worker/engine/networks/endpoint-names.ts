import { containerHostname } from "../../../shared/objects/hostname.ts";
import type { ContainerConfig } from "../../../shared/rpc/gen/containers.ts";
import type { ContainerEndpoint } from "../../../shared/rpc/gen/networks.ts";

/** Characters of an id that Docker shows. */
const SHORT_ID_LENGTH = 12;

/** By which names others on the network find a container: its own first, which reverse lookups answer with. */
export function endpointNames(
  { name, task }: Pick<ContainerConfig, "name" | "task">,
  id: string,
  { aliases }: Pick<ContainerEndpoint, "aliases">,
): readonly string[] {
  const hostname = containerHostname(task?.container?.hostname ?? "", id);
  return [...new Set([name, ...aliases, id.slice(0, SHORT_ID_LENGTH), hostname])].filter((one) => one !== "");
}
