import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import { labelsOf } from "../../shared/objects/labels.ts";
import type { ContainerSpec, PortConfig, ServiceSpec } from "../../shared/rpc/gen/objects.ts";
import type { Flags } from "../flags.ts";
import { parseMount } from "../parse/mounts.ts";
import { parseWhole } from "../parse/numbers.ts";
import { parsePublish } from "../parse/ports.ts";
import { parseUlimits } from "../parse/ulimits.ts";
import { parseEnv, parseLabels, splitWords } from "../parse/words.ts";
import { applyCommonFlags } from "./common-flags.ts";
import type { SpecWorld } from "./create-spec.ts";

/**
 * A service's spec as `service update` changes it: removals first, then additions, which replace what has the same key.
 * @throws SwarmError invalidArgument, also when something to be removed is not there.
 */
export function updateSpec(spec: ServiceSpec, flags: Flags, world: SpecWorld): ServiceSpec {
  const changed = applyCommonFlags(spec, flags);
  const task = mustHave(changed.task, "the task of a service spec");
  return {
    ...changed,
    annotations: {
      name: spec.annotations?.name ?? "",
      labels: labels(spec.annotations?.labels ?? {}, flags, "label"),
    },
    endpoint: { mode: changed.endpoint?.mode ?? "VIP", ports: ports(changed.endpoint?.ports ?? [], flags) },
    task: {
      ...task,
      container: container(mustHave(task.container, "the container of a task spec"), flags, world),
      placement: {
        maxReplicas: task.placement?.maxReplicas ?? 0,
        // The platforms were those of the old image; a manager finds the new one's.
        platforms: flags.has("image") ? [] : (task.placement?.platforms ?? []),
        constraints: constraints(task.placement?.constraints ?? [], flags),
      },
      forceUpdate: task.forceUpdate + (flags.is("force") ? 1 : 0),
    },
  };
}

function container(current: ContainerSpec, flags: Flags, world: SpecWorld): ContainerSpec {
  const args = flags.text("args");
  return {
    ...current,
    image: flags.text("image") ?? current.image,
    args: args === undefined ? current.args : splitWords(args, "--args"),
    env: env(current.env, flags, world),
    labels: labels(current.labels, flags, "containerLabel"),
    mounts: mounts(current, flags, world),
    ulimits: ulimits(current.ulimits, flags),
  };
}

function labels(
  current: Readonly<Record<string, string>>,
  flags: Flags,
  name: "label" | "containerLabel",
): Record<string, string> {
  const result = labelsOf(Object.entries(current));
  for (const key of flags.list(`${name}Rm`)) {
    if (!Object.hasOwn(result, key)) throw missing("label", key);
    delete result[key];
  }
  const added = parseLabels(flags.list(`${name}Add`), name === "label" ? "--label-add" : "--container-label-add");
  return labelsOf([...Object.entries(result), ...Object.entries(added)]);
}

function env(current: readonly string[], flags: Flags, world: SpecWorld): string[] {
  const removed = new Set(flags.list("envRm"));
  for (const name of removed) {
    if (!current.some((entry) => nameOf(entry) === name)) throw missing("environment variable", name);
  }
  const added = parseEnv(flags.list("envAdd"), "--env-add", world.environment);
  const replaced = new Set(added.map(nameOf));
  const kept = current.filter((entry) => !removed.has(nameOf(entry)) && !replaced.has(nameOf(entry)));
  return [...kept, ...added];
}

function mounts(current: ContainerSpec, flags: Flags, world: SpecWorld): ContainerSpec["mounts"] {
  const removed = new Set(flags.list("mountRm"));
  for (const target of removed) {
    if (!current.mounts.some((mount) => mount.target === target)) throw missing("mount at", target);
  }
  const added = flags.list("mountAdd").map((text) => parseMount(text, world.absolute));
  const replaced = new Set(added.map(({ target }) => target));
  return [...current.mounts.filter(({ target }) => !removed.has(target) && !replaced.has(target)), ...added];
}

function ulimits(current: ContainerSpec["ulimits"], flags: Flags): ContainerSpec["ulimits"] {
  const removed = new Set(flags.list("ulimitRm"));
  for (const name of removed) if (!current.some((limit) => limit.name === name)) throw missing("ulimit", name);
  const added = parseUlimits(flags.list("ulimitAdd"), "--ulimit-add");
  const replaced = new Set(added.map(({ name }) => name));
  return [...current.filter(({ name }) => !removed.has(name) && !replaced.has(name)), ...added];
}

function ports(current: readonly PortConfig[], flags: Flags): PortConfig[] {
  const removed = new Set(flags.list("publishRm").map((text) => targetKey(text)));
  for (const key of removed) {
    if (!current.some((port) => matchesTarget(port, key))) throw missing("published target port", key);
  }
  const kept = current.filter((port) => ![...removed].some((key) => matchesTarget(port, key)));
  const added = flags.list("publishAdd").flatMap(parsePublish);
  const fresh = added.filter((port) => !kept.some((other) => samePort(port, other)));
  return [...kept, ...fresh];
}

/** `80` or `80/udp`, as `--publish-rm` takes it. */
function targetKey(text: string): string {
  const [target = "", protocol] = text.split("/");
  const port = parseWhole(target, "--publish-rm", { min: 1, max: 65_535 });
  return protocol === undefined ? String(port) : `${port}/${protocol.toLowerCase()}`;
}

function matchesTarget(port: PortConfig, key: string): boolean {
  return key === String(port.targetPort) || key === `${port.targetPort}/${port.protocol.toLowerCase()}`;
}

function samePort(a: PortConfig, b: PortConfig): boolean {
  return (
    a.targetPort === b.targetPort &&
    a.publishedPort === b.publishedPort &&
    a.protocol === b.protocol &&
    a.publishMode === b.publishMode
  );
}

function constraints(current: readonly string[], flags: Flags): string[] {
  const key = (text: string): string => text.replace(/\s+/g, "");
  const removed = new Set(flags.list("constraintRm").map(key));
  for (const gone of removed) {
    if (!current.some((text) => key(text) === gone)) throw missing("constraint", gone);
  }
  return [...new Set([...current.filter((text) => !removed.has(key(text))), ...flags.list("constraintAdd")])];
}

function nameOf(entry: string): string {
  return entry.split("=", 1)[0] ?? entry;
}

function missing(what: string, key: string): SwarmError {
  return new SwarmError("invalidArgument", `the service has no ${what} "${key}" to remove`);
}
