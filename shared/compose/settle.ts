/** What goes without saying: names, the default network, dependencies that follow from other keys. On trees. */
import { isNothing } from "./collection-kinds.ts";
import { SECTIONS } from "./file-kind.ts";
import { withoutMarks, withUniqueLists } from "./merge.ts";
import {
  list,
  type Mapping,
  mapping,
  mappingAt,
  scalar,
  type Tree,
  textAt,
  textOf,
  withEntry,
  withoutEntry,
} from "./tree.ts";

/** Whether a service with these profiles takes part. */
export type IsEnabled = (profiles: readonly string[]) => boolean;

/** The merged files with everything in its place that nobody had to say. */
export function settled(files: Mapping, projectName: string, isEnabled: IsEnabled): Mapping {
  let whole = withUniqueLists(withoutMarks(files)) as Mapping;
  whole = withEntry(whole, "name", scalar(projectName, whole.place));
  for (const section of SECTIONS) {
    if (!whole.entries.has(section)) whole = withEntry(whole, section, mapping([], whole.place));
  }
  const services = eachEntry(whole, "services", settledService);
  whole = withDefaultNetwork(withEntry(whole, "services", services), isEnabled);
  for (const section of ["networks", "volumes", "secrets", "configs"]) {
    const named = eachEntry(whole, section, (entry, key) => withName(entry, key, projectName));
    whole = withEntry(whole, section, named);
  }
  return whole;
}

function eachEntry(whole: Mapping, section: string, change: (entry: Mapping, key: string) => Mapping): Mapping {
  const entries = mappingAt(whole, section) ?? mapping([], whole.place);
  const changed = [...entries.entries].map(([key, entry]) => {
    return [key, entry.kind === "mapping" ? change(entry, key) : entry] as const;
  });
  return { ...entries, entries: new Map(changed) };
}

function withName(entry: Mapping, key: string, projectName: string): Mapping {
  if ((textAt(entry, "name") ?? "") !== "") return entry;
  const external = entry.entries.get("external");
  const isExternal = external?.kind === "scalar" && external.value === true;
  return withEntry(entry, "name", scalar(isExternal ? key : `${projectName}_${key}`, entry.place));
}

function settledService(service: Mapping): Mapping {
  let settledOne = withDependencies(withNetworks(service));
  const build = mappingAt(settledOne, "build");
  if (build !== null) settledOne = withEntry(settledOne, "build", settledBuild(build));
  return settledOne;
}

function withNetworks(service: Mapping): Mapping {
  const networks = mappingAt(service, "networks");
  const hasOthers = (networks?.entries.size ?? 0) > 0;
  if (hasOthers || service.entries.has("network_mode") || service.entries.has("provider")) return service;
  return withEntry(service, "networks", mapping([["default", mapping([], service.place)]], service.place));
}

/** A network that only services need which take no part is not made. */
function withDefaultNetwork(whole: Mapping, isEnabled: IsEnabled): Mapping {
  const networks = mappingAt(whole, "networks");
  const services = mappingAt(whole, "services");
  if (networks === null || services === null || networks.entries.has("default")) return whole;
  const isUsed = [...services.entries.values()].some((service) => {
    if (service.kind !== "mapping" || !isEnabled(textsAt(service, "profiles"))) return false;
    return mappingAt(service, "networks")?.entries.has("default") === true;
  });
  if (!isUsed) return whole;
  return withEntry(whole, "networks", withEntry(networks, "default", mapping([], whole.place)));
}

/** What is built without a context has the directory of the files that say so. */
export function withContexts(files: Mapping, directory: string): Mapping {
  const services = eachEntry(files, "services", (service) => {
    const build = mappingAt(service, "build");
    if (build === null || build.mark === "reset" || build.entries.has("context")) return service;
    return withEntry(service, "build", withEntry(build, "context", scalar(directory, build.place)));
  });
  return services.entries.size === 0 ? files : withEntry(files, "services", services);
}

/** An argument without a value that the environment does not have either is none; a Dockerfile has its name. */
function settledBuild(build: Mapping): Mapping {
  let settledOne = build;
  if ((textAt(build, "dockerfile") ?? "") === "" && !build.entries.has("dockerfile_inline")) {
    settledOne = withEntry(settledOne, "dockerfile", scalar("Dockerfile", build.place));
  }
  const args = mappingAt(build, "args");
  if (args === null) return settledOne;
  const said = [...args.entries].filter(([, value]) => !isNothing(value));
  return withEntry(settledOne, "args", { ...args, entries: new Map(said) });
}

/**
 * Services whose namespaces, volumes or names a service uses must be there first. Docker Compose restarts the service
 * when they are, too; nobody asked for that here, and `depends_on` can.
 */
function withDependencies(service: Mapping): Mapping {
  const needed = new Set<string>();
  for (const link of textsAt(service, "links")) needed.add(link.split(":")[0] ?? link);
  for (const key of ["network_mode", "ipc", "pid", "uts", "cgroup"]) {
    const target = textAt(service, key)?.match(/^service:(.*)$/s)?.[1];
    if (target !== undefined) needed.add(target);
  }
  for (const from of textsAt(service, "volumes_from")) {
    const [name = from] = from.split(":");
    if (!from.startsWith("container:")) needed.add(name);
  }
  let dependencies = mappingAt(service, "depends_on") ?? mapping([], service.place);
  for (const name of needed) {
    if (dependencies.entries.has(name)) continue;
    const condition = mapping(
      Object.entries({ condition: "service_started", restart: false, required: true }).map(([key, value]) => {
        return [key, scalar(value, service.place)] as const;
      }),
      service.place,
    );
    dependencies = withEntry(dependencies, name, condition);
  }
  return dependencies.entries.size === 0 ? service : withEntry(service, "depends_on", dependencies);
}

export function textsAt(service: Mapping, key: string): readonly string[] {
  const entry = service.entries.get(key);
  if (entry?.kind !== "list") return [];
  return entry.items.flatMap((item) => (item.kind === "scalar" ? [textOf(item.value)] : []));
}

/** A service whose files of variables and labels have been read: their keys give way to what they said. */
export function withVariables(
  service: Mapping,
  environment: ReadonlyMap<string, string>,
  labels: ReadonlyMap<string, string>,
): Mapping {
  const under = (key: string, values: ReadonlyMap<string, string>, tree: Mapping): Mapping => {
    if (values.size === 0) return tree;
    const said = mappingAt(tree, key);
    const lower = [...values].map(([name, value]) => [name, scalar(value, tree.place)] as const);
    const entries = new Map<string, Tree>(lower);
    for (const [name, value] of said?.entries ?? []) entries.set(name, value);
    return withEntry(tree, key, { ...(said ?? mapping([], tree.place)), entries });
  };
  const plain = withoutEntry(withoutEntry(service, "env_file"), "label_file");
  return under("labels", labels, under("environment", environment, plain));
}

/** The items of a list that is not there. */
export function itemsAt(service: Mapping, key: string): readonly Tree[] {
  const entry = service.entries.get(key);
  return entry?.kind === "list" ? entry.items : list([], service.place).items;
}
