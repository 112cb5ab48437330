import { posix } from "node:path";
import { mustHave } from "../../../shared/invariant.ts";
import { labelsOf } from "../../../shared/objects/labels.ts";
import type { ContainerConfig } from "../../../shared/rpc/gen/containers.ts";
import type { ContainerSpec, Mount } from "../../../shared/rpc/gen/objects.ts";
import { emptyMount } from "../../../shared/service-spec/paths.ts";
import type { ImageConfig } from "../../images/image-config.ts";

/**
 * A configuration with what its image says where it says nothing, as Docker stores a container: lists then find it by
 * the image's labels, and `inspect` shows what it is made of, whatever becomes of the image's name.
 */
export function withImage(config: ContainerConfig, image: ImageConfig): ContainerConfig {
  const task = mustHave(config.task, "the task of a configuration");
  const container = mustHave(task.container, "the container of a task");
  return {
    ...config,
    exposedPorts: [...new Set([...config.exposedPorts, ...image.exposedPorts])],
    task: { ...task, container: { ...container, ...ofImage(container, image) } },
  };
}

function ofImage(container: ContainerSpec, image: ImageConfig): Partial<ContainerSpec> {
  const isOwnCommand = container.command.length > 0;
  const own = new Set(container.env.map(keyOf));
  return {
    command: isOwnCommand ? container.command : image.entrypoint,
    // A command of its own takes the image's arguments away.
    args: container.args.length > 0 || isOwnCommand ? container.args : image.cmd,
    env: [...container.env, ...image.env.filter((line) => !own.has(keyOf(line)))],
    // Relative to the root, as Docker allows images to have it.
    dir: container.dir || (image.workingDir === "" ? "" : posix.resolve("/", image.workingDir)),
    user: container.user || image.user,
    stopSignal: container.stopSignal || image.stopSignal,
    labels: labelsOf([...Object.entries(image.labels), ...Object.entries(container.labels)]),
    mounts: [...container.mounts, ...volumesOf(container, image)],
    healthcheck: healthOf(container.healthcheck, image.healthcheck),
  };
}

/** The image's volumes, at the places where nothing else is mounted. */
function volumesOf({ mounts }: ContainerSpec, { volumes }: ImageConfig): readonly Mount[] {
  const taken = new Set(mounts.map(({ target }) => posix.resolve("/", target)));
  // One that cannot be made is refused at the start, with a sentence about the image.
  const targets = volumes
    .map((path) => posix.resolve("/", path))
    .filter((path) => path !== "/" && !path.includes("\0"));
  return [...new Set(targets)].filter((target) => !taken.has(target)).map((target) => ({ ...emptyMount(), target }));
}

function healthOf(own: ContainerSpec["healthcheck"], image: ImageConfig["healthcheck"]): ContainerSpec["healthcheck"] {
  if (image === null || own === null) return own ?? image;
  return {
    test: own.test.length > 0 ? own.test : image.test,
    intervalMs: own.intervalMs || image.intervalMs,
    timeoutMs: own.timeoutMs || image.timeoutMs,
    startPeriodMs: own.startPeriodMs || image.startPeriodMs,
    startIntervalMs: own.startIntervalMs || image.startIntervalMs,
    retries: own.retries || image.retries,
  };
}

function keyOf(line: string): string {
  return line.split("=")[0] ?? line;
}
