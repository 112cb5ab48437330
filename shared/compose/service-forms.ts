/** Keys of a service that have forms of their own: commands, dependencies, hosts, networks, policies. */
import {
  type Field,
  field,
  isNothing,
  labels,
  listOf,
  map,
  mapOf,
  maybe,
  must,
  NAMES,
  object,
  oneOrMore,
  options,
  short,
  variables,
} from "./collection-kinds.ts";
import type { DeviceWish } from "./deploy.ts";
import { type At, inside, type Kind, wrong, wrongKind } from "./kind.ts";
import { choice, flag, path, real, scalarKind, text, toDurationMs, whole, wholeOr, word } from "./scalar-kinds.ts";
import type { Dependency, EnvFile, ModelUse, NetworkUse, PullPolicy, RestartWord } from "./service.ts";
import type { Hook, SoftAndHard } from "./service-parts.ts";
import { shellWords } from "./shell-words.ts";
import { list, type Mapping, mapping, type ScalarValue, scalar, type Tree, withEntry } from "./tree.ts";

function entriesOf(values: Readonly<Record<string, ScalarValue>>, tree: Tree): Mapping {
  return mapping(
    Object.entries(values).map(([key, value]) => [key, scalar(value, tree.place)]),
    tree.place,
  );
}

/** A command line, split into words, or its words; nothing = that of the image. */
export const command: Kind<readonly string[] | null> = {
  expected: "a command line, or a list of its words",
  canonical: (tree, at) => {
    if (isNothing(tree)) return tree;
    if (tree.kind !== "scalar") return listOf(text).canonical(tree, at);
    const line = text.read(tree, at.path);
    const split = shellWords(line);
    if (split === null) throw wrong(tree.place, at.path, "is not a command line: a quote is not closed");
    if (split.endedBy !== null) {
      const advice = "write a list that runs a shell if you want one";
      at.reading.warn(
        tree.place,
        `${at.path}: everything from "${split.endedBy}" on is left out, as by Docker; ${advice}`,
      );
    }
    return list(
      split.words.map((one) => scalar(one, tree.place)),
      tree.place,
    );
  },
  read: (tree, at) => (isNothing(tree) ? null : listOf(text).read(tree, at)),
};

/** A line for a shell, or `CMD`, `CMD-SHELL` or `NONE` and words. */
export const healthTest: Kind<readonly string[]> = {
  expected: 'a command line, or a list that begins with "CMD", "CMD-SHELL" or "NONE"',
  canonical: (tree, at) => {
    if (tree.kind !== "scalar") return listOf(text).canonical(tree, at);
    const line = scalar(text.read(tree, at.path), tree.place);
    return list([scalar("CMD-SHELL", tree.place), line], tree.place);
  },
  read: (tree, at) => {
    const test = listOf(text).read(tree, at);
    const [first] = test;
    if (first !== undefined && !["CMD", "CMD-SHELL", "NONE"].includes(first)) {
      throw wrong(tree.place, at, `begins with ${JSON.stringify(first)}; write "CMD", "CMD-SHELL" or "NONE" first`);
    }
    return test;
  },
};

/** A list of names as a mapping, each with the same values. */
function named<T>(kind: Kind<T>, values: Readonly<Record<string, ScalarValue>>): Kind<ReadonlyMap<string, T>> {
  const full = mapOf(kind, NAMES);
  const expected = "a list of names, or a mapping";
  return {
    ...full,
    expected,
    canonical: (tree, at) => {
      if (tree.kind !== "list") {
        if (tree.kind !== "mapping") throw wrongKind(tree, at.path, expected);
        return full.canonical(tree, at);
      }
      const entries = tree.items.map((item, index) => {
        return [text.read(item, inside(at, index).path), entriesOf(values, item)] as const;
      });
      return full.canonical(mapping(entries, tree.place), at);
    },
  };
}

/** Nothing may be said about it. */
function evenEmpty<T>(kind: Kind<T>): Kind<T> {
  return short(kind, "nothing", (tree) => (isNothing(tree) ? mapping([], tree.place) : null));
}

export const dependsOn: Kind<ReadonlyMap<string, Dependency>> = named(
  object<Dependency>({
    condition: must("condition", choice("service_started", "service_healthy", "service_completed_successfully")),
    restart: field("restart", flag, false),
    isRequired: field("required", flag, true),
  }),
  { condition: "service_started", required: true },
);

export const networks: Kind<ReadonlyMap<string, NetworkUse>> = named(
  evenEmpty(
    object<NetworkUse>({
      aliases: field<readonly string[]>("aliases", listOf(text), []),
      interfaceName: maybe("interface_name", text),
      ipv4Address: maybe("ipv4_address", text),
      ipv6Address: maybe("ipv6_address", text),
      linkLocalIps: field<readonly string[]>("link_local_ips", listOf(text), []),
      macAddress: maybe("mac_address", text),
      driverOptions: map("driver_opts", options),
      priority: maybe("priority", real()),
      gatewayPriority: maybe("gw_priority", real()),
    }),
  ),
  {},
);

export const models: Kind<ReadonlyMap<string, ModelUse>> = named(
  evenEmpty(
    object<ModelUse>({ endpointVariable: maybe("endpoint_var", text), modelVariable: maybe("model_var", text) }),
  ),
  {},
);

export const envFiles: Kind<readonly EnvFile[]> = oneOrMore(
  short(
    object<EnvFile>({
      path: must("path", path),
      isRequired: field("required", flag, true),
      format: maybe("format", choice("raw")),
    }),
    "a path",
    (tree) => (tree.kind === "scalar" && typeof tree.value === "string" ? mapping([["path", tree]], tree.place) : null),
  ),
);

/** `HOST=ADDRESS`, an address of IPv6 without brackets. */
export const extraHosts: Kind<readonly string[]> = {
  expected: 'a mapping, or a list of "HOST=ADDRESS"',
  canonical: (tree, at) => {
    const items = tree.kind === "mapping" ? hostsOfMapping(tree, at) : tree.kind === "list" ? tree.items : null;
    if (items === null) throw wrongKind(tree, at.path, extraHosts.expected);
    const hosts = items.flatMap((item, index) => hostLines(item, inside(at, index)));
    return list(hosts, tree.place);
  },
  read: (tree, at) => listOf(text).read(tree, at),
};

function hostsOfMapping(tree: Mapping, at: At): readonly Tree[] {
  return [...tree.entries].flatMap(([host, entry]) => {
    const addresses = oneOrMore(text).canonical(entry, inside(at, host));
    const values = addresses.kind === "list" ? addresses.items : [];
    return values.map((value) => scalar(`${host}=${text.read(value, at.path)}`, value.place));
  });
}

function hostLines(tree: Tree, at: At): readonly Tree[] {
  const [, host = "", addresses = ""] = /^([^=:]+)[=:](.+)$/.exec(text.read(tree, at.path)) ?? [];
  if (host === "") throw wrongKind(tree, at.path, '"HOST=ADDRESS"');
  return addresses.split(",").map((address) => {
    return scalar(`${host}=${address.replace(/^\[(.+)\]$/, "$1")}`, tree.place);
  });
}

type Capabilities = Field<DeviceWish["capabilities"]>;

const wishOf = (capabilities: Capabilities): Kind<DeviceWish> => {
  return object<DeviceWish>({
    capabilities,
    driver: maybe("driver", text),
    count: maybe("count", wholeOr("all")),
    deviceIds: field<readonly string[]>("device_ids", listOf(text), []),
    options: map("options", labels),
  });
};

/** All of them unless it says how many or which. */
function counted(kind: Kind<DeviceWish>): Kind<DeviceWish> {
  return {
    ...kind,
    canonical: (tree, at) => {
      const wish = kind.canonical(tree, at) as Mapping;
      const [count, ids] = [wish.entries.get("count"), wish.entries.get("device_ids")];
      if (count !== undefined && ids !== undefined) {
        throw wrong(tree.place, at.path, 'has both "count" and "device_ids"; leave one out');
      }
      return count === undefined && ids === undefined ? withEntry(wish, "count", scalar("all", tree.place)) : wish;
    },
  };
}

/** Devices of any kind, so they say what they can do. */
export const deviceWishes: Kind<readonly DeviceWish[]> = listOf(counted(wishOf(must("capabilities", listOf(text)))));

/** What they can do goes without saying. */
const gpuWishes: Kind<readonly DeviceWish[]> = listOf(counted(wishOf(field("capabilities", listOf(text), []))));

export const gpus: Kind<readonly DeviceWish[]> = {
  ...gpuWishes,
  expected: '"all", or a list of mappings',
  canonical: (tree, at) => {
    const isAll = tree.kind === "scalar" && tree.value === "all";
    if (!isAll && tree.kind !== "list") throw wrongKind(tree, at.path, gpus.expected);
    return gpuWishes.canonical(isAll ? list([entriesOf({ count: "all" }, tree)], tree.place) : tree, at);
  },
};

const limit = whole({ min: -1 });

export const ulimits: Kind<ReadonlyMap<string, SoftAndHard>> = mapOf(
  short(object<SoftAndHard>({ soft: must("soft", limit), hard: must("hard", limit) }), limit.expected, (tree, at) => {
    if (tree.kind !== "scalar") return null;
    const value = limit.read(tree, at.path);
    return entriesOf({ soft: value, hard: value }, tree);
  }),
);

export const hook: Kind<Hook> = object<Hook>({
  command: field<readonly string[] | null>("command", command, null),
  image: maybe("image", text),
  user: maybe("user", text),
  privileged: maybe("privileged", flag),
  workingDir: maybe("working_dir", text),
  environment: map("environment", variables),
  perReplica: maybe("per_replica", flag),
});

const POLICIES: ReadonlyMap<string, PullPolicy> = new Map<string, PullPolicy>([
  ["always", { kind: "always" }],
  ["never", { kind: "never" }],
  ["missing", { kind: "missing" }],
  ["build", { kind: "build" }],
  ["if_not_present", { kind: "missing" }],
  ["refresh", { kind: "every", periodMs: 0 }],
  ["daily", { kind: "every", periodMs: 86_400_000 }],
  ["weekly", { kind: "every", periodMs: 604_800_000 }],
]);

function toPullPolicy(written: string): PullPolicy | null {
  const known = POLICIES.get(written);
  if (known !== undefined) return known;
  const periodMs = written.startsWith("every_") ? toDurationMs(written.slice("every_".length)) : null;
  return periodMs === null || periodMs < 0 ? null : { kind: "every", periodMs };
}

export const pullPolicy: Kind<PullPolicy> = {
  ...scalarKind<PullPolicy>({
    expected: `one of ${[...POLICIES.keys()].join(", ")}, or every_DURATION`,
    takes: ["text"],
    parse: toPullPolicy,
    format: (policy) => (policy.kind === "every" ? `every_${policy.periodMs / 1000}s` : policy.kind),
  }),
};

function toRestart(written: string): RestartWord | null {
  if (written === "no" || written === "always" || written === "unless-stopped") return { kind: written };
  const [whole, retries] = /^on-failure(?::(\d{1,9}))?$/.exec(written) ?? [];
  if (whole === undefined) return null;
  return { kind: "on-failure", maxRetries: retries === undefined ? null : Number(retries) };
}

export const restart: Kind<RestartWord> = scalarKind<RestartWord>({
  expected: '"no", "always", "unless-stopped" or "on-failure[:RETRIES]"',
  takes: ["text"],
  parse: toRestart,
  format: (policy) => {
    return policy.kind === "on-failure" && policy.maxRetries !== null ? `on-failure:${policy.maxRetries}` : policy.kind;
  },
});

/** Values of a provider's options: one or several. */
export const providerOptions: Kind<ReadonlyMap<string, readonly string[]>> = mapOf(oneOrMore(word));

/** `extends`: followed when files are loaded, and not part of a service. */
export const extension: Kind<{ readonly service: string; readonly file: string | null }> = short(
  object<{ readonly service: string; readonly file: string | null }>({
    service: must("service", text),
    file: maybe("file", path),
  }),
  "the name of a service",
  (tree) =>
    tree.kind === "scalar" && typeof tree.value === "string" ? mapping([["service", tree]], tree.place) : null,
);
