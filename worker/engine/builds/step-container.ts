import { fromExtraHosts } from "../../../shared/docker-shape/container-hosts.ts";
import { mustHave } from "../../../shared/invariant.ts";
import type { ContainerConfig } from "../../../shared/rpc/gen/containers.ts";
import type { BuildHeader } from "../../../shared/rpc/gen/images.ts";
import type { ResourceControls, TaskSpec } from "../../../shared/rpc/gen/objects.ts";
import { emptySpec } from "../../../shared/service-spec/paths.ts";
import { blankRunSpec } from "../../../shared/service-spec/run-spec.ts";
import { check } from "../../../shared/spec-checks/refuse.ts";
import { checkConfig } from "../containers/check-config.ts";
import { networkChoice } from "../containers/wanted.ts";

/** Steps have their images one after the other; a configuration without one is none. */
const NO_IMAGE = "scratch";
/** Of the controls those that `docker build` has. */
const CONTROLS = ["cpuShares", "cpuPeriodUs", "cpuQuotaUs", "cpusetCpus", "cpusetMems"] as const;

/**
 * The container that a build's steps are as if they ran in. Only what is meant for steps is taken of the header:
 * nothing else could make them more than a container.
 * @throws SwarmError invalidArgument with one sentence about the first fault.
 */
export function stepContainer({
  step,
  network,
  hosts,
}: Pick<BuildHeader, "step" | "network" | "hosts">): ContainerConfig {
  const task = mustHave(blankRunSpec(NO_IMAGE).task, "the task of a blank spec");
  const container = mustHave(task.container, "the container of a blank spec");
  const limits = mustHave(emptySpec().task?.limits, "empty limits");
  const memoryBytes = step?.limits?.memoryBytes ?? 0;
  const config: ContainerConfig = {
    ...{ name: "", ports: [], publishAll: false, exposedPorts: [], restart: null, autoRemove: false },
    ...{ openStdin: false, stdinOnce: false, asGiven: "", volumesFrom: [], links: [], endpoints: [], network },
    task: {
      ...task,
      limits: memoryBytes === 0 ? null : { ...limits, memoryBytes },
      ...(step?.swapBytes === undefined ? {} : { swapBytes: step.swapBytes }),
      controls: controlsOf(step),
      container: {
        ...container,
        hosts: [...fromExtraHosts(hosts)],
        ulimits: step?.container?.ulimits ?? [],
        shmSizeBytes: step?.container?.shmSizeBytes ?? 0,
      },
    },
  };
  checkConfig(config);
  const { kind } = networkChoice(config);
  check(kind !== "container", "a build has a network of its own: default, none, host, or one by name");
  return config;
}

function controlsOf(step: TaskSpec | null): ResourceControls | null {
  const given = step?.controls;
  if (given === null || given === undefined) return null;
  const empty = mustHave(emptySpec().task?.controls, "empty controls");
  return { ...empty, ...Object.fromEntries(CONTROLS.map((key) => [key, given[key]])) };
}
