import { SwarmError } from "../../../shared/errors.ts";
import type { ContainerConfig } from "../../../shared/rpc/gen/containers.ts";
import type { Mount } from "../../../shared/rpc/gen/objects.ts";
import { anonymousVolumeName } from "../../volumes/plan-mounts.ts";
import type { ContainerLife } from "./container-life.ts";

/**
 * A configuration with the volumes and bound paths of other containers, at the places where it has nothing itself.
 * `lifeOf` finds a container of people's own.
 * @throws SwarmError invalidArgument for other words than ro and rw; what `lifeOf` throws.
 */
export function withVolumesFrom(config: ContainerConfig, lifeOf: (ref: string) => ContainerLife): ContainerConfig {
  const { task } = config;
  if (config.volumesFrom.length === 0 || task === null || task.container === null) return config;
  const mounts = new Map(task.container.mounts.map((mount) => [mount.target, mount]));
  for (const text of config.volumesFrom) {
    const [ref = "", mode = "rw"] = text.split(":");
    if (mode !== "ro" && mode !== "rw") {
      const sentence = `invalid mode ${JSON.stringify(mode)} of --volumes-from ${text}: expected CONTAINER[:ro|:rw]`;
      throw new SwarmError("invalidArgument", sentence);
    }
    for (const mount of lentBy(lifeOf(ref))) {
      const lent = mode === "ro" ? { ...mount, readOnly: true } : mount;
      if (!mounts.has(mount.target)) mounts.set(mount.target, lent);
    }
  }
  return { ...config, task: { ...task, container: { ...task.container, mounts: [...mounts.values()] } } };
}

/** Memory is nobody else's; what was made for it has a name. */
function lentBy({ id, config }: ContainerLife): readonly Mount[] {
  return (config.task?.container?.mounts ?? []).flatMap((mount, at) => {
    if (mount.type === "TMPFS") return [];
    return mount.type === "VOLUME" && mount.source === ""
      ? [{ ...mount, source: anonymousVolumeName(id, at) }]
      : [mount];
  });
}
