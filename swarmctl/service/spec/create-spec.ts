import type { ServiceSpec } from "../../../shared/rpc/gen/objects.ts";
import { freshMode } from "../../../shared/service-spec/modes.ts";
import { emptySpec } from "../../../shared/service-spec/paths.ts";
import type { Flags } from "../../flags.ts";
import { parseMode } from "../../parse/mode.ts";
import { usageError } from "../../parse/usage.ts";
import { envFileLines, parseEnv } from "../../parse/words.ts";
import { applyFields } from "./apply-fields.ts";
import type { SpecWorld } from "./spec-world.ts";
import { applySpecialFlags } from "./special-flags.ts";

/** The spec that `service create OPTIONS IMAGE [COMMAND...]` asks for. @throws SwarmError invalidArgument. */
export function createSpec(args: readonly string[], given: Flags, world: SpecWorld): ServiceSpec {
  // "" is what undoes them on update: as if they had not been given.
  const flags = given.without(...["schedule", "preDeploy"].filter((name) => given.text(name) === ""));
  const [image, ...command] = args;
  if (image === undefined || image === "") throw usageError("give the image to run: swarmctl service create IMAGE");
  const { annotations, task } = emptySpec();
  const container = task?.container;
  const mode = flags.text("mode");
  if (!annotations || !container) throw new Error("an empty spec has all parts");
  const spec: ServiceSpec = {
    annotations: { ...annotations, name: flags.text("name") ?? "" },
    task: {
      ...task,
      container: { ...container, image, args: command, env: envOfFiles(flags, world), healthcheck: null, dns: null },
      limits: null,
      reservations: null,
      restart: null,
      placement: null,
      logDriver: null,
      controls: null,
      loss: null,
    },
    ...freshMode(mode === undefined ? "replicated" : parseMode(mode, "--mode")),
    update: null,
    rollback: null,
    endpoint: null,
    dependsOn: [],
    schedule: null,
    maxUnavailable: "",
    onlyTold: null,
    preDeploy: null,
  };
  return applySpecialFlags(withJobSize(applyFields(spec, flags, "create", world), flags), flags, world);
}

/** Of completions and tasks at the same time, one that is not given is as many as the other. */
function withJobSize(spec: ServiceSpec, flags: Flags): ServiceSpec {
  if (spec.mode !== "replicatedJob") return spec;
  const { maxConcurrent, totalCompletions } = spec.replicatedJob;
  if (flags.has("maxConcurrent") && !flags.has("replicas")) {
    return { ...spec, replicatedJob: { maxConcurrent, totalCompletions: maxConcurrent } };
  }
  if (flags.has("maxConcurrent")) return spec;
  return { ...spec, replicatedJob: { maxConcurrent: totalCompletions, totalCompletions } };
}

function envOfFiles(flags: Flags, { environment, readTextFile }: SpecWorld): readonly string[] {
  const lines = flags.list("envFile").flatMap((path) => envFileLines(readTextFile(path)));
  return parseEnv(lines, "--env-file", environment);
}
