import type { Place } from "./place.ts";
import type { ComposeService } from "./service.ts";
import type { Mapping } from "./tree.ts";

export type { Place };

/**
 * What Compose files say, once everything about the writing is settled: files merged, variables filled in, `include`
 * and `extends` followed, short forms written out, relative paths made absolute, names given. Two ways to write the
 * same thing give the same project. Nothing here was looked up in a cluster.
 *
 * Lists and maps are empty when nothing was said; any other value is null then. Maps keep the order of the files. Names
 * and keys that people choose are keys of maps only. Durations are in milliseconds (fractions are possible), sizes in
 * bytes.
 */
export interface ComposeProject {
  /** Lower case letters, digits, "-" and "_", beginning with a letter or digit. */
  readonly name: string;
  /** Absolute; what relative paths of the first file are relative to. */
  readonly directory: string;
  /** By its name in the file. Without those that only belong to profiles which were not asked for. */
  readonly services: ReadonlyMap<string, ComposeService>;
  /** Services left out because none of their profiles was asked for: a dependency on one of them is not an error. */
  readonly disabledServices: ReadonlyMap<string, ComposeService>;
  /** By their keys in the file; `default` is among them when a service is on it. */
  readonly networks: ReadonlyMap<string, ComposeNetwork>;
  readonly volumes: ReadonlyMap<string, ComposeVolume>;
  readonly secrets: ReadonlyMap<string, ComposeSecret>;
  readonly configs: ReadonlyMap<string, ComposeConfig>;
  readonly models: ReadonlyMap<string, ComposeModel>;
  /** Where each key was written, by `pathKey`; what files merged says where it was said last. */
  readonly places: ReadonlyMap<string, Place>;
  /** The same project in the form of a file: what `projectAsYaml` writes. */
  readonly canonical: Mapping;
  /** Sentences about what was understood but should be written differently. */
  readonly warnings: readonly string[];
}

/**
 * Where something of the project was written: `placeOf(project, "services", "web", "deploy", "mode")`. Of what was not
 * written itself (a default, the short form of something), the nearest thing around it; null for what has no place.
 */
export function placeOf({ places }: Pick<ComposeProject, "places">, ...path: readonly string[]): Place | null {
  for (let length = path.length; length > 0; length -= 1) {
    const place = places.get(pathKey(path.slice(0, length)));
    if (place !== undefined) return place;
  }
  return null;
}

/** The key of a path in `places`. Names may contain dots, so they are not what separates. */
export function pathKey(path: readonly string[]): string {
  return path.join("\0");
}

/** What networks, volumes, secrets and configs have in common. */
interface Named {
  /** Its name in the cluster: the one given, else `PROJECT_KEY`; of an external one, the one given, else the key. */
  readonly name: string;
  /** It exists already, and is neither created nor changed nor removed with the project. */
  readonly isExternal: boolean;
  readonly labels: ReadonlyMap<string, string>;
}

export interface ComposeNetwork extends Named {
  readonly driver: string | null;
  readonly driverOptions: ReadonlyMap<string, string>;
  readonly ipam: {
    readonly driver: string | null;
    readonly options: ReadonlyMap<string, string>;
    readonly pools: readonly IpamPool[];
  };
  readonly isInternal: boolean;
  readonly isAttachable: boolean;
  /** null = not said: IPv4 yes, IPv6 no. */
  readonly enableIpv4: boolean | null;
  readonly enableIpv6: boolean | null;
}

export interface IpamPool {
  readonly subnet: string | null;
  readonly ipRange: string | null;
  readonly gateway: string | null;
  readonly auxAddresses: ReadonlyMap<string, string>;
}

export interface ComposeVolume extends Named {
  readonly driver: string | null;
  readonly driverOptions: ReadonlyMap<string, string>;
}

/** Where the bytes of a secret or config come from. */
export type ContentSource =
  /** Absolute path of a file to be read by who creates it: it may be binary. */
  | { readonly kind: "file"; readonly path: string }
  /** A variable of the environment that the project was loaded with; `value` is null when it is not set. */
  | { readonly kind: "environment"; readonly variable: string; readonly value: string | null }
  /** Written in the file itself. */
  | { readonly kind: "content"; readonly text: string }
  /** It exists already, or its driver knows. */
  | { readonly kind: "none" };

export interface ComposeSecret extends Named {
  readonly source: ContentSource;
  readonly driver: string | null;
  readonly driverOptions: ReadonlyMap<string, string>;
  readonly templateDriver: string | null;
}

export interface ComposeConfig extends Named {
  readonly source: ContentSource;
  readonly templateDriver: string | null;
}

export interface ComposeModel {
  readonly name: string | null;
  readonly model: string;
  readonly contextSize: number | null;
  readonly runtimeFlags: readonly string[];
}
