/** What only the whole project shows: names that lead nowhere, keys that contradict each other, circles. */
import { ComposeError } from "./compose-error.ts";
import { type ComposeProject, placeOf } from "./project.ts";
import type { ComposeService } from "./service.ts";

/** @throws ComposeError about the first thing that is wrong. */
export function checkProject(project: ComposeProject): void {
  for (const service of project.services.values()) {
    checkSource(project, service);
    checkReferences(project, service);
    checkDependencies(project, service);
    checkDoubles(project, service);
    checkMounts(project, service);
  }
  for (const [key, { isExternal, source, driver }] of project.secrets) {
    checkContent(project, ["secrets", key], isExternal || driver !== null, source.kind !== "none");
  }
  for (const [key, { isExternal, source }] of project.configs) {
    checkContent(project, ["configs", key], isExternal, source.kind !== "none");
  }
  checkExternals(project);
  checkCircles(project);
}

function refuse(project: ComposeProject, path: readonly string[], sentence: string): never {
  throw new ComposeError(placeOf(project, ...path), `${path.join(".")}: ${sentence}`);
}

function checkSource(project: ComposeProject, service: ComposeService): void {
  const path = ["services", service.name];
  if (service.image === null && service.build === null && service.provider === null) {
    refuse(project, path, 'has neither "image" nor "build"');
  }
  const { build } = service;
  if (build === null) return;
  if (build.dockerfile !== null && build.dockerfileInline !== null) {
    refuse(project, [...path, "build"], 'has both "dockerfile" and "dockerfile_inline"; leave one out');
  }
  if (service.platform !== null && build.platforms.length > 0 && !build.platforms.includes(service.platform)) {
    refuse(project, [...path, "build", "platforms"], `does not have the service's platform ${service.platform}`);
  }
  for (const [name, context] of build.additionalContexts) {
    const other = /^service:(.*)$/s.exec(context)?.[1];
    if (other === undefined) continue;
    const target = project.services.get(other) ?? project.disabledServices.get(other);
    const here = [...path, "build", "additional_contexts", name];
    if (target === undefined) refuse(project, here, `there is no service ${JSON.stringify(other)}`);
    if (target.build === null) refuse(project, here, `the service ${JSON.stringify(other)} is not built`);
  }
}

function checkReferences(project: ComposeProject, service: ComposeService): void {
  const path = ["services", service.name];
  if (service.networkMode !== null && service.networks.size > 0) {
    refuse(project, [...path, "network_mode"], 'does not go together with "networks"; leave one out');
  }
  const known = (section: "networks" | "volumes" | "secrets" | "configs" | "models", key: string, from: string) => {
    if (project[section].has(key)) return;
    refuse(project, [...path, from], `${JSON.stringify(key)} is not among the file's ${section}; add it there`);
  };
  for (const key of service.networks.keys()) known("networks", key, "networks");
  for (const { type, source } of service.volumes) {
    if (type === "volume" && source !== null) known("volumes", source, "volumes");
  }
  for (const { source } of service.secrets) known("secrets", source, "secrets");
  for (const { source } of service.configs) known("configs", source, "configs");
  for (const { source } of service.build?.secrets ?? []) known("secrets", source, "build");
  for (const key of service.models.keys()) known("models", key, "models");
}

function checkDependencies(project: ComposeProject, service: ComposeService): void {
  for (const [name, { isRequired }] of service.dependsOn) {
    if (project.services.has(name)) continue;
    if (!isRequired) continue;
    const isDisabled = project.disabledServices.has(name);
    const why = isDisabled ? "belongs to a profile that is not asked for" : "is not in the file";
    refuse(project, ["services", service.name, "depends_on"], `the service ${JSON.stringify(name)} ${why}`);
  }
}

/** The same thing can be said at two places, but not differently. */
function checkDoubles(project: ComposeProject, service: ComposeService): void {
  const { deploy } = service;
  const pairs: readonly (readonly [string, number | null, string, number | null | undefined])[] = [
    ["scale", service.scale, "deploy.replicas", deploy?.replicas],
    ["cpus", service.cpus, "deploy.resources.limits.cpus", deploy?.limits?.cpus],
    ["mem_limit", service.memLimitBytes, "deploy.resources.limits.memory", deploy?.limits?.memoryBytes],
    ["pids_limit", service.pidsLimit, "deploy.resources.limits.pids", deploy?.limits?.pids],
    [
      "mem_reservation",
      service.memReservationBytes,
      "deploy.resources.reservations.memory",
      deploy?.reservations?.memoryBytes,
    ],
  ];
  for (const [key, value, other, otherValue] of pairs) {
    if (value === null || otherValue === null || otherValue === undefined || value === otherValue) continue;
    refuse(project, ["services", service.name, key], `is ${value}, and ${other} is ${otherValue}; leave one out`);
  }
  const replicas = service.scale ?? deploy?.replicas ?? 1;
  if (service.containerName !== null && replicas > 1) {
    const path = ["services", service.name, "container_name"];
    refuse(project, path, `${replicas} containers cannot have one name; leave it out`);
  }
  for (const [at, { action, target }] of (service.develop?.watch ?? []).entries()) {
    if (target !== null || action === "rebuild" || action === "restart") continue;
    refuse(project, ["services", service.name, "develop", "watch", String(at)], `"${action}" needs a "target"`);
  }
}

function checkMounts(project: ComposeProject, service: ComposeService): void {
  const targets = new Set<string>();
  const mounts = [
    ...service.tmpfs.map((written) => ["tmpfs", written.split(":")[0] ?? ""] as const),
    ...service.volumes.map(({ target }) => ["volumes", target] as const),
  ];
  for (const [key, target] of mounts) {
    if (target !== "" && targets.has(target)) {
      refuse(project, ["services", service.name, key], `something is mounted at ${target} already`);
    }
    targets.add(target);
  }
}

function checkContent(
  project: ComposeProject,
  path: readonly string[],
  isElsewhere: boolean,
  hasSource: boolean,
): void {
  const kinds = path[0] === "secrets" ? ["file", "environment"] : ["file", "environment", "content"];
  const section = project.canonical.entries.get(path[0] ?? "");
  const entry = section?.kind === "mapping" ? section.entries.get(path[1] ?? "") : undefined;
  const said = kinds.filter((key) => entry?.kind === "mapping" && entry.entries.has(key));
  if (said.length > 1)
    refuse(project, path, `has ${said.map((key) => `"${key}"`).join(" and ")}; leave all but one out`);
  if (isElsewhere || hasSource) return;
  refuse(project, path, `needs one of ${kinds.map((key) => `"${key}"`).join(", ")} or "external"`);
}

/** What exists already has no settings here. */
function checkExternals(project: ComposeProject): void {
  for (const section of ["volumes"] as const) {
    const entries = project.canonical.entries.get(section);
    if (entries?.kind !== "mapping") continue;
    for (const [key, { isExternal }] of project[section]) {
      const entry = entries.entries.get(key);
      if (!isExternal || entry?.kind !== "mapping") continue;
      const other = [...entry.entries.keys()].find((name) => !["name", "external"].includes(name));
      if (other !== undefined) refuse(project, [section, key, other], 'does not go together with "external"');
    }
  }
}

/**
 * Services that wait for each other never start. Services whose dependencies are all done are done, until none is left
 * or those that are left wait for each other; without recursion, because a file may name thousands in a row.
 */
function checkCircles({ services, places }: ComposeProject): void {
  const waiting = new Map<string, Set<string>>();
  const waitedForBy = new Map<string, string[]>();
  for (const [name, { dependsOn }] of services) {
    const others = [...dependsOn.keys()].filter((other) => services.has(other));
    waiting.set(name, new Set(others));
    for (const other of others) {
      const later = waitedForBy.get(other);
      if (later === undefined) waitedForBy.set(other, [name]);
      else later.push(name);
    }
  }
  const done = [...waiting].flatMap(([name, others]) => (others.size === 0 ? [name] : []));
  for (const name of done) {
    waiting.delete(name);
    for (const later of waitedForBy.get(name) ?? []) {
      const others = waiting.get(later);
      others?.delete(name);
      if (others?.size === 0) done.push(later);
    }
  }
  const [first] = waiting.keys();
  if (first === undefined) return;
  const circle = circleFrom(first, waiting);
  const place = placeOf({ places }, "services", circle[0] ?? first, "depends_on");
  const way = circle.slice(0, CIRCLE_SHOWN_MAX).map((name) => JSON.stringify(name));
  const sentence = `services wait for each other: ${way.join(", ")}`;
  throw new ComposeError(place, `services.${circle[0]}.depends_on: ${sentence}`);
}

/** More names would hide the message. */
const CIRCLE_SHOWN_MAX = 10;

/** Each of them waits for another one of them: whoever follows comes by the same one twice. */
function circleFrom(first: string, waiting: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const way = new Set<string>();
  let name = first;
  while (!way.has(name)) {
    way.add(name);
    [name = first] = waiting.get(name) ?? [];
  }
  const all = [...way];
  return [...all.slice(all.indexOf(name)), name];
}
