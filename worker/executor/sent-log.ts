import { containerIdOf } from "../../shared/objects/container-id.ts";
import { labelOf } from "../../shared/objects/labels.ts";
import { logAttributes, tagOf } from "../../shared/objects/log-attributes.ts";
import { logDestination } from "../../shared/objects/log-destination.ts";
import type { SentLog } from "../logs/log-messages.ts";
import type { WantedContainer } from "./wanted-container.ts";

/** Docker marks lines with the short id unless people say otherwise. */
const DEFAULT_TAG = "{{.ID}}";

/** How a container's log is sent; null = it is kept here alone. @throws SwarmError invalidArgument. */
export function sentLog({ key, name, labels, spec }: WantedContainer): SentLog | null {
  const destination = logDestination(spec.logDriver);
  if (destination === null) return null;
  const container = {
    ...{ containerId: containerIdOf(key), name, imageName: spec.container.image, env: spec.container.env },
    labels: { ...spec.container.labels, ...labels },
  };
  const tag = tagOf(labelOf(spec.logDriver?.options ?? {}, "tag") || DEFAULT_TAG, container);
  const attributes = [...logAttributes(spec.logDriver, container)].filter(([key]) => key !== "tag");
  return { destination, tag, containerId: container.containerId, name, imageName: container.imageName, attributes };
}
