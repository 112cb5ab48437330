/** The settled tree into the types of a project. */
import { config, model, network, secret, volume } from "./file-kind.ts";
import { type Kind, pathInside } from "./kind.ts";
import type { Place } from "./place.ts";
import { type ComposeProject, pathKey } from "./project.ts";
import type { ComposeService } from "./service.ts";
import { service } from "./service-kind.ts";
import type { IsEnabled } from "./settle.ts";
import { type Mapping, mappingAt, type Tree } from "./tree.ts";

/** What a project has besides what its tree says. */
export interface ReadAs {
  readonly name: string;
  readonly directory: string;
  readonly warnings: readonly string[];
  /** Whether one of a service's profiles was asked for. */
  readonly isEnabled: IsEnabled;
  /** The keys that were written for each service, before anything was settled. */
  readonly writtenKeys: ReadonlyMap<string, ReadonlySet<string>>;
}

/** @throws ComposeError for what is incomplete by itself. */
export function readProject(tree: Mapping, readAs: ReadAs): ComposeProject {
  const { name, directory, warnings } = readAs;
  const all = section(tree, "services", service);
  const services = new Map<string, ComposeService>();
  const disabledServices = new Map<string, ComposeService>();
  for (const [key, read] of all) {
    const whole = { name: key, keys: readAs.writtenKeys.get(key) ?? new Set<string>(), ...read };
    (readAs.isEnabled(read.profiles) ? services : disabledServices).set(key, whole);
  }
  return {
    name,
    directory,
    services,
    disabledServices,
    networks: section(tree, "networks", network),
    volumes: section(tree, "volumes", volume),
    secrets: section(tree, "secrets", secret),
    configs: section(tree, "configs", config),
    models: section(tree, "models", model),
    places: placesOf(tree),
    warnings,
    canonical: tree,
  };
}

function section<T>(tree: Mapping, name: string, kind: Kind<T>): ReadonlyMap<string, T> {
  const entries = mappingAt(tree, name)?.entries ?? new Map<string, Tree>();
  return new Map([...entries].map(([key, entry]) => [key, kind.read(entry, pathInside(name, key))]));
}

function placesOf(tree: Tree): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  const walk = (value: Tree, path: readonly string[]): void => {
    if (path.length > 0) places.set(pathKey(path), value.place);
    if (value.kind === "mapping") for (const [key, entry] of value.entries) walk(entry, [...path, key]);
    if (value.kind === "list") for (const [at, item] of value.items.entries()) walk(item, [...path, String(at)]);
  };
  walk(tree, []);
  return places;
}
