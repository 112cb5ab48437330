/** The table of a file's top: services, networks, volumes, secrets, configs, models, and what to include. */
import {
  field,
  isNothing,
  labels,
  listOf,
  many,
  map,
  mapOf,
  maybe,
  must,
  NAMES,
  object,
  oneOrMore,
  options,
  short,
} from "./collection-kinds.ts";
import { type At, type Kind, wrong } from "./kind.ts";
import type {
  ComposeConfig,
  ComposeModel,
  ComposeNetwork,
  ComposeSecret,
  ComposeVolume,
  ContentSource,
  IpamPool,
} from "./project.ts";
import { absolutePath, flag, path, text, whole } from "./scalar-kinds.ts";
import { service } from "./service-kind.ts";
import { type Mapping, mapping, mappingAt, scalar, textAt, withEntry } from "./tree.ts";

/** Nothing, `external: true` with a name, or the old `external: { name }`. */
function named<T>(kind: Kind<T>): Kind<T> {
  return short(kind, "nothing", (tree, at) => {
    if (isNothing(tree)) return mapping([], tree.place);
    return tree.kind === "mapping" ? withPlainExternal(tree, at) : null;
  });
}

function withPlainExternal(tree: Mapping, at: At): Mapping {
  const external = tree.entries.get("external");
  if (external?.kind !== "mapping") return tree;
  const outside = withEntry(tree, "external", scalar(true, external.place));
  const [outer, inner] = [textAt(tree, "name"), textAt(external, "name")];
  if (inner === null) return outside;
  if (outer !== null && outer !== inner) {
    throw wrong(external.place, at.path, 'has two names, "name" and "external.name"; leave out the second');
  }
  return withEntry(outside, "name", scalar(inner, external.place));
}

const NAMED = {
  name: field("name", text, ""),
  isExternal: field("external", flag, false),
  labels: map("labels", labels),
};
const DRIVEN = { driver: maybe("driver", text), driverOptions: map("driver_opts", options) };

const pool: Kind<IpamPool> = object<IpamPool>({
  subnet: maybe("subnet", text),
  ipRange: maybe("ip_range", text),
  gateway: maybe("gateway", text),
  auxAddresses: map("aux_addresses", options),
});

export const network: Kind<ComposeNetwork> = named(
  object<ComposeNetwork>({
    ...NAMED,
    ...DRIVEN,
    ipam: field(
      "ipam",
      object<ComposeNetwork["ipam"]>({
        driver: maybe("driver", text),
        options: map("options", options),
        pools: many("config", listOf(pool)),
      }),
      { driver: null, options: new Map(), pools: [] },
    ),
    isInternal: field("internal", flag, false),
    isAttachable: field("attachable", flag, false),
    enableIpv4: maybe("enable_ipv4", flag),
    enableIpv6: maybe("enable_ipv6", flag),
  }),
);

const plainVolume = object<ComposeVolume>({ ...NAMED, ...DRIVEN });

export const volume: Kind<ComposeVolume> = named({
  ...plainVolume,
  canonical: (tree, at) => withAbsoluteDevice(plainVolume.canonical(tree, at) as Mapping, at),
});

/** A local volume that is a directory of the host has its path among the options of the driver. */
function withAbsoluteDevice(tree: Mapping, at: At): Mapping {
  const driverOptions = mappingAt(tree, "driver_opts");
  if (textAt(tree, "driver") !== "local" || driverOptions === null || textAt(driverOptions, "o") !== "bind")
    return tree;
  const device = textAt(driverOptions, "device");
  if (device === null) return tree;
  const absolute = scalar(absolutePath(device, at), driverOptions.place);
  return withEntry(tree, "driver_opts", withEntry(driverOptions, "device", absolute));
}

/** Where a value of the environment is kept between reading the file and the project; no file can say it. */
export const ENVIRONMENT_VALUE = "#value";

interface WrittenContent {
  readonly file: string | null;
  readonly environment: string | null;
  readonly content: string | null;
  readonly environmentValue: string | null;
}

const CONTENT = {
  file: maybe("file", path),
  environment: maybe("environment", text),
  content: field<string | null>("content", text, null),
  environmentValue: field<string | null>(ENVIRONMENT_VALUE, text, null),
};

function sourceOf({ file, environment, content, environmentValue }: WrittenContent): ContentSource {
  if (file !== null) return { kind: "file", path: file };
  if (environment !== null) return { kind: "environment", variable: environment, value: environmentValue };
  return content === null ? { kind: "none" } : { kind: "content", text: content };
}

/** With the value of the variable that its content comes from. */
function withValue<T>(kind: Kind<T>): Kind<T> {
  return {
    ...kind,
    canonical: (tree, at) => {
      const canonical = kind.canonical(tree, at);
      const variable = canonical.kind === "mapping" ? textAt(canonical, "environment") : null;
      const value = variable === null ? null : at.reading.lookup(variable);
      if (value === null || canonical.kind !== "mapping") return canonical;
      return withEntry(canonical, ENVIRONMENT_VALUE, scalar(value, canonical.place));
    },
  };
}

type Sourced<T> = Omit<T, "source"> & WrittenContent;

function sourced<T extends { readonly source: ContentSource }>(
  kind: Kind<Sourced<T>>,
  build: (written: Sourced<T>, source: ContentSource) => T,
): Kind<T> {
  const valued = withValue(named(kind));
  return {
    ...valued,
    read: (tree, at) => {
      const written = valued.read(tree, at);
      return build(written, sourceOf(written));
    },
  };
}

export const secret: Kind<ComposeSecret> = sourced<ComposeSecret>(
  object<Sourced<ComposeSecret>>({
    ...NAMED,
    ...CONTENT,
    // A secret that stands in a file is none.
    content: field<string | null>("#content", text, null),
    ...DRIVEN,
    templateDriver: maybe("template_driver", text),
  }),
  ({ name, isExternal, labels, driver, driverOptions, templateDriver }, source) => {
    return { name, isExternal, labels, source, driver, driverOptions, templateDriver };
  },
);

export const config: Kind<ComposeConfig> = sourced<ComposeConfig>(
  object<Sourced<ComposeConfig>>({ ...NAMED, ...CONTENT, templateDriver: maybe("template_driver", text) }),
  ({ name, isExternal, labels, templateDriver }, source) => ({ name, isExternal, labels, source, templateDriver }),
);

export const model: Kind<ComposeModel> = object<ComposeModel>({
  name: maybe("name", text),
  model: must("model", text),
  contextSize: maybe("context_size", whole()),
  runtimeFlags: many("runtime_flags", listOf(text)),
});

/** What one `include` names. Paths stay as written: each is relative to something else. */
export interface Include {
  readonly paths: readonly string[];
  readonly projectDirectory: string | null;
  readonly envFiles: readonly string[];
}

export const includes: Kind<readonly Include[]> = listOf(
  short(
    object<Include>({
      paths: must("path", oneOrMore(text)),
      projectDirectory: maybe("project_directory", text),
      envFiles: many("env_file", oneOrMore(text)),
    }),
    "a path",
    (tree) => (tree.kind === "scalar" && typeof tree.value === "string" ? mapping([["path", tree]], tree.place) : null),
  ),
);

/** The sections of a file whose entries people name. */
export const SECTIONS = ["services", "networks", "volumes", "secrets", "configs", "models"] as const;

const KINDS_OF_ENTRIES: Readonly<Record<(typeof SECTIONS)[number], Kind<unknown>>> = {
  services: service,
  networks: network,
  volumes: volume,
  secrets: secret,
  configs: config,
  models: model,
};

/** A file or document as a whole; what it holds is read section by section. */
export const file: Kind<unknown> = object<Record<never, never>>(
  {},
  new Map<string, Kind<unknown>>([
    ["version", text],
    ["name", text],
    ["include", includes],
    ...SECTIONS.map((section) => [section, mapOf(KINDS_OF_ENTRIES[section], NAMES)] as const),
  ]),
);
