import type { Hook } from "../../../shared/compose/service-parts.ts";
import type { ContainerStep } from "../../../shared/rpc/gen/objects.ts";
import type { Reading } from "./field-row.ts";

/** The hooks of a key as steps of the containers. */
export function stepsOf(key: "post_start" | "pre_stop", reading: Reading): readonly ContainerStep[] {
  const { postStart, preStop } = reading.service;
  const hooks = key === "post_start" ? postStart : preStop;
  return hooks.flatMap((hook) => stepOf(hook, key, reading));
}

/** Of hooks before a start those that are for each replica and in its own image: what they do, the container sees. */
export function initStepsOf(reading: Reading): readonly ContainerStep[] {
  return reading.service.preStart.flatMap((hook) => {
    if (hook.image !== null)
      return refuse("pre_start", "an image of its own: make a service that it depends on", reading);
    if (hook.perReplica !== true) {
      return refuse("pre_start", "once for all replicas: make a job that the service depends on", reading);
    }
    return stepOf(hook, "pre_start", reading);
  });
}

function stepOf(hook: Hook, key: string, reading: Reading): readonly ContainerStep[] {
  const { command, user, privileged, workingDir, environment } = hook;
  if (command === null || command.length === 0) return refuse(key, "the image's command: give one", reading);
  return [
    {
      command,
      user: user ?? "",
      privileged: privileged ?? false,
      dir: workingDir ?? "",
      env: [...environment].flatMap(([name, value]) => (value === null ? [] : [`${name}=${value}`])).sort(),
    },
  ];
}

function refuse(key: string, what: string, { service, notes, path }: Reading): readonly [] {
  notes.unsupported([...path, key], `service ${service.name}: ${key} is not supported with ${what}`);
  return [];
}
