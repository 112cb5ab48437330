/** `build` of a service: how its image is made. */
import type { ComposeBuild } from "./build.ts";
import {
  field,
  labels,
  listOf,
  many,
  map,
  mapOf,
  maybe,
  object,
  oneOrMore,
  short,
  variables,
} from "./collection-kinds.ts";
import { type At, inside, type Kind, wrong, wrongKind } from "./kind.ts";
import { files } from "./mounts.ts";
import { absolutePath, bytes, flag, scalarKind, text } from "./scalar-kinds.ts";
import { extraHosts, ulimits } from "./service-forms.ts";
import { mapping, scalar, type Tree } from "./tree.ts";

/** A directory of this host, another service's image, or an address. */
const context: Kind<string> = {
  ...text,
  expected: "a path or an address",
  canonical: (tree, at) => {
    const written = text.read(tree, at.path);
    const isElsewhere = /^(service:|https?:\/\/|git:\/\/|ssh:\/\/|github\.com\/|git@)/.test(written);
    const isAddress = isElsewhere || written.includes("://");
    return scalar(isAddress || written === "" ? written : absolutePath(written, at), tree.place);
  },
};

/** `KEY=VALUE` in a list, or a mapping. */
const contexts: Kind<ReadonlyMap<string, string>> = {
  expected: "a mapping, or a list of NAME=CONTEXT",
  canonical: (tree, at) => mapOf(context).canonical(pairsOf(tree, at, contexts.expected), at),
  read: (tree, at) => mapOf(context).read(tree, at),
};

function pairsOf(tree: Tree, at: At, expected: string): Tree {
  if (tree.kind !== "list") return tree;
  const entries = tree.items.map((item, index) => {
    const [, key = "", value = ""] = /^([^=]+)=([\s\S]*)$/.exec(text.read(item, inside(at, index).path)) ?? [];
    if (key === "") throw wrongKind(item, inside(at, index).path, expected);
    return [key, scalar(value, item.place)] as const;
  });
  return mapping(entries, tree.place);
}

/** Agents and keys by id: `default` alone is the agent that runs. */
const ssh: Kind<ReadonlyMap<string, string | null>> = {
  ...variables,
  canonical: (tree, at) => {
    const pairs = variables.canonical(tree, { ...at, reading: { ...at.reading, lookup: () => null } });
    if (pairs.kind !== "mapping") return pairs;
    const entries = [...pairs.entries].map(([id, value]) => {
      if (value.kind !== "scalar" || value.value === null || value.value === "") {
        if (id !== "default") throw wrong(value.place, at.path, `${JSON.stringify(id)} has no path; write ID=PATH`);
        return [id, scalar(null, value.place)] as const;
      }
      return [id, scalar(absolutePath(text.read(value, at.path), at), value.place)] as const;
    });
    return mapping(entries, pairs.place);
  },
};

/** A flag, or parameters. */
const attestation: Kind<string> = scalarKind({
  expected: "true, false, or parameters",
  takes: ["flag", "text"],
  parse: (written) => written,
  format: (value) => value,
});

const texts = listOf(text);

export const build: Kind<ComposeBuild> = short(
  object<ComposeBuild>({
    context: field("context", context, "."),
    dockerfile: maybe("dockerfile", text),
    dockerfileInline: maybe("dockerfile_inline", text),
    target: maybe("target", text),
    args: map("args", variables),
    labels: map("labels", labels),
    tags: many("tags", texts),
    platforms: many("platforms", texts),
    additionalContexts: map("additional_contexts", contexts),
    cacheFrom: many("cache_from", texts),
    cacheTo: many("cache_to", texts),
    noCache: maybe("no_cache", flag),
    noCacheFilter: many("no_cache_filter", oneOrMore(text)),
    pull: maybe("pull", flag),
    network: maybe("network", text),
    isolation: maybe("isolation", text),
    privileged: maybe("privileged", flag),
    entitlements: many("entitlements", texts),
    extraHosts: many("extra_hosts", extraHosts),
    secrets: many("secrets", files(null)),
    ssh: map("ssh", ssh),
    shmSizeBytes: maybe("shm_size", bytes()),
    ulimits: map("ulimits", ulimits),
    provenance: maybe("provenance", attestation),
    sbom: maybe("sbom", attestation),
  }),
  "a path or an address",
  (tree) =>
    tree.kind === "scalar" && typeof tree.value === "string" ? mapping([["context", tree]], tree.place) : null,
);
