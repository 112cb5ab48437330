import { SwarmError } from "../../../shared/errors.ts";
import type { Task } from "../../../shared/objects/types.ts";
import type { ContainerSpec } from "../../../shared/rpc/gen/objects.ts";
import type { ContainerExecutor } from "../../executor/container-executor.ts";
import type { HostFiles } from "../../ports/host-files.ts";
import type { CommittedContainer } from "../images/commit-config.ts";
import type { OwnContainers } from "./own-containers.ts";
import type { Known } from "./reference.ts";

export interface CommittedParts {
  readonly own: OwnContainers;
  readonly executor: ContainerExecutor;
  readonly files: Pick<HostFiles, "readText">;
  readonly tasks: () => readonly Task[];
}

/** What every container has mounted, whether or not its bundle is still there to say so. */
const ALWAYS_MOUNTED = [
  "/etc/hosts",
  "/etc/hostname",
  "/etc/resolv.conf",
  "/dev",
  "/proc",
  "/sys",
  "/sbin/docker-init",
];

/** A container as an image can be made of it, running or not. */
export async function committedOf({ key, id, name }: Known, parts: CommittedParts): Promise<CommittedContainer> {
  const { executor, own } = parts;
  const life = own.get(key);
  const record = executor.record(key);
  const task = parts.tasks().find((each) => each.id === key);
  const spec = (life === undefined ? task?.spec.container : life.config.task?.container) as ContainerSpec | undefined;
  const imageId = life?.stored.imageId ?? record?.imageId;
  if (spec === undefined || imageId === undefined) throw new SwarmError("notFound", `No such container: ${id}`);
  const { upper, config } = executor.paths(key);
  const isRunning = (await executor.inspect(key)).kind === "running";
  const bundle = await parts.files.readText(config);
  const mounted = bundle === null ? [] : (JSON.parse(bundle) as Bundle).mounts.map(({ destination }) => destination);
  return {
    id,
    name,
    imageId,
    spec,
    exposedPorts: life?.config.exposedPorts ?? [],
    command: life?.stored.command ?? [...spec.command, ...spec.args],
    upper,
    mountTargets: [...ALWAYS_MOUNTED, ...spec.mounts.map(({ target }) => target), ...mounted],
    isRunning,
    isPaused: life?.state === "PAUSED",
    whileHeld: (work) => executor.whileHeld(key, work),
  };
}

interface Bundle {
  readonly mounts: readonly { readonly destination: string }[];
}
