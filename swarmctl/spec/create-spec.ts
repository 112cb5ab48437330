import { unreachable } from "../../shared/invariant.ts";
import type { ContainerSpec, ServiceSpec } from "../../shared/rpc/gen/objects.ts";
import type { Flags } from "../flags.ts";
import { parseMount } from "../parse/mounts.ts";
import { parsePublish } from "../parse/ports.ts";
import { parseUlimits } from "../parse/ulimits.ts";
import { usageError } from "../parse/usage.ts";
import { envFileLines, parseEnv, parseLabels } from "../parse/words.ts";
import { applyCommonFlags, emptyContainer, emptyTask } from "./common-flags.ts";

/** What building a spec needs of the world outside. */
export interface SpecWorld {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly absolute: (path: string) => string;
  readonly readTextFile: (path: string) => string;
}

/** The spec that `service create OPTIONS IMAGE [COMMAND...]` asks for. @throws SwarmError invalidArgument. */
export function createSpec(args: readonly string[], flags: Flags, world: SpecWorld): ServiceSpec {
  const [image, ...command] = args;
  if (image === undefined || image === "") throw usageError("give the image to run: swarmctl service create IMAGE");
  const mode = flags.choice("mode", { replicated: "replicated", global: "global" } as const) ?? "replicated";
  const ports = flags.list("publish").flatMap(parsePublish);
  const spec: ServiceSpec = {
    annotations: { name: flags.text("name") ?? "", labels: parseLabels(flags.list("label"), "--label") },
    task: {
      ...emptyTask(container(image, command, flags, world)),
      placement: { constraints: [...flags.list("constraint")], maxReplicas: 0, platforms: [] },
    },
    ...modeOf(mode, flags),
    update: null,
    endpoint: { mode: "VIP", ports },
  };
  return applyCommonFlags(spec, flags);
}

function modeOf(
  mode: "replicated" | "global",
  flags: Flags,
):
  | Pick<ServiceSpec & { mode: "replicated" }, "mode" | "replicated">
  | Pick<ServiceSpec & { mode: "global" }, "mode" | "global"> {
  switch (mode) {
    case "replicated":
      return { mode, replicated: { replicas: 1 } };
    case "global":
      if (flags.has("replicas", "replicasMaxPerNode")) {
        throw usageError("--replicas and --replicas-max-per-node go only with --mode replicated");
      }
      return { mode, global: {} };
    default:
      return unreachable(mode);
  }
}

function container(
  image: string,
  args: readonly string[],
  flags: Flags,
  { environment, absolute, readTextFile }: SpecWorld,
): ContainerSpec {
  const fromFiles = flags.list("envFile").flatMap((path) => envFileLines(readTextFile(path)));
  return {
    ...emptyContainer(image),
    args: [...args],
    env: parseEnv([...fromFiles, ...flags.list("env")], "--env", environment),
    labels: parseLabels(flags.list("containerLabel"), "--container-label"),
    mounts: flags.list("mount").map((text) => parseMount(text, absolute)),
    ulimits: parseUlimits(flags.list("ulimit"), "--ulimit"),
  };
}
