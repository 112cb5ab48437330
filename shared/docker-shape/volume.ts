import type { Volume } from "../rpc/gen/volumes.ts";
import { type DockerJson, isEmpty, toRfc3339 } from "./common.ts";

/** As Docker shows a volume, with its use where its size was asked for. */
export function toDockerVolume({
  name,
  mountpoint,
  createdAtMs,
  labels,
  options,
  usedBy,
  sizeBytes,
}: Volume): DockerJson {
  return {
    CreatedAt: toRfc3339(createdAtMs),
    Driver: "local",
    Labels: isEmpty(labels) ? null : labels,
    Mountpoint: mountpoint,
    Name: name,
    Options: isEmpty(options) ? null : options,
    Scope: "local",
    ...(sizeBytes < 0 ? {} : { UsageData: { RefCount: usedBy.length, Size: sizeBytes } }),
  };
}
