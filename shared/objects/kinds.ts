import type * as wire from "../rpc/gen/objects.ts";
import {
  namedParser,
  parseCluster,
  parseEarlierSpec,
  parseGuest,
  parseNode,
  parseService,
  parseTask,
} from "./parse.ts";
import { taskName } from "./task-name.ts";
import { OBJECT_KINDS, type ObjectKind, type ObjectKinds, type ServiceSpec, type TaskSpec } from "./types.ts";

/**
 * Ids of the objects that an object refers to, by kind. With them the store finds referring objects without a search.
 */
export type References = { readonly [Kind in ObjectKind]?: readonly string[] };

/** Everything that tables, codecs, look-ups and watchers know about a kind of object. */
export interface KindEntry<Kind extends ObjectKind> {
  /** Its field in a StoreSnapshot. In a StoreAction the field is the kind itself. */
  readonly plural: keyof wire.StoreSnapshot;
  /** From the wire. @throws SwarmError invalidArgument when a part is missing. */
  readonly parse: (object: never) => ObjectKinds[Kind];
  /** The name by which people know it; "" = none. */
  readonly nameOf: (object: ObjectKinds[Kind]) => string;
  /**
   * No two objects may have the same name, ignoring case; the store refuses a second one and can look objects up by
   * name.
   */
  readonly hasUniqueName: boolean;
  readonly referencesOf: (object: ObjectKinds[Kind]) => References;
  /** As it may leave the managers: without keys and contents that only they and the hosts concerned may have. */
  readonly conceal: (object: ObjectKinds[Kind]) => ObjectKinds[Kind];
}

const NO_REFERENCES: References = {};
const noReferences = (): References => NO_REFERENCES;
const NO_BYTES = Buffer.alloc(0);
const asItIs = <T>(object: T): T => object;

/** What the files of a service's containers are made from. */
function filesOf({ secrets, configs }: wire.ContainerSpec): References {
  if (secrets.length + configs.length === 0) return NO_REFERENCES;
  return { secret: secrets.map(({ sourceId }) => sourceId), config: configs.map(({ sourceId }) => sourceId) };
}

/** Those that a service's tasks join, or that a task has joined. */
function networksOf(networks: readonly { readonly target: string }[]): References {
  return networks.length === 0 ? NO_REFERENCES : { network: networks.map(({ target }) => target) };
}

/** What must not be removed while tasks may be made of these specs: two of a service, while one of them is tried. */
function usesOf(tasks: readonly TaskSpec[]): References {
  const [only] = tasks;
  if (tasks.length === 1 && only !== undefined) return { ...filesOf(only.container), ...networksOf(only.networks) };
  const files = tasks.map(({ container }) => filesOf(container));
  return {
    secret: unique(files.flatMap(({ secret = [] }) => secret)),
    config: unique(files.flatMap(({ config = [] }) => config)),
    network: unique(tasks.flatMap(({ networks }) => networksOf(networks).network ?? [])),
  };
}

const tasksOf = (...specs: readonly (ServiceSpec | null | undefined)[]): readonly TaskSpec[] => [
  ...new Set(specs.flatMap((spec) => spec?.task ?? [])),
];

const unique = (ids: readonly string[]): readonly string[] => [...new Set(ids)];

export const KINDS: { readonly [Kind in ObjectKind]: KindEntry<Kind> } = {
  node: {
    plural: "nodes",
    parse: parseNode,
    nameOf: ({ description }) => description?.hostname ?? "",
    hasUniqueName: false,
    referencesOf: noReferences,
    conceal: asItIs,
  },
  service: {
    plural: "services",
    parse: parseService,
    nameOf: ({ spec }) => spec.annotations.name,
    hasUniqueName: true,
    // A job that belongs to a service uses what that one does, and nothing any more once it is over.
    referencesOf: ({ spec, canary, preDeploy, preDeployOf }) =>
      preDeployOf === "" ? usesOf(tasksOf(spec, canary?.base, preDeploy?.base)) : NO_REFERENCES,
    conceal: asItIs,
  },
  task: {
    plural: "tasks",
    parse: parseTask,
    nameOf: taskName,
    hasUniqueName: false,
    referencesOf: ({ serviceId, nodeId, networks }) => ({
      service: [serviceId],
      ...(nodeId === "" ? {} : { node: [nodeId] }),
      ...networksOf(networks.map(({ networkId }) => ({ target: networkId }))),
    }),
    conceal: asItIs,
  },
  network: {
    plural: "networks",
    parse: namedParser("network"),
    nameOf: ({ spec }) => spec.annotations.name,
    hasUniqueName: true,
    referencesOf: noReferences,
    conceal: asItIs,
  },
  cluster: {
    plural: "clusters",
    parse: parseCluster,
    nameOf: () => "",
    hasUniqueName: false,
    referencesOf: noReferences,
    conceal: (cluster) => ({
      ...cluster,
      rootCa: {
        ...cluster.rootCa,
        caKey: "",
        rotation: cluster.rootCa.rotation && { ...cluster.rootCa.rotation, caKey: "" },
      },
      gossipKeys: cluster.gossipKeys && { ...cluster.gossipKeys, keys: [] },
      unlockKey: "",
    }),
  },
  secret: {
    plural: "secrets",
    parse: namedParser("secret"),
    nameOf: ({ spec }) => spec.annotations.name,
    hasUniqueName: true,
    referencesOf: noReferences,
    conceal: (secret) => ({ ...secret, spec: { ...secret.spec, data: NO_BYTES } }),
  },
  config: {
    plural: "configs",
    parse: namedParser("config"),
    nameOf: ({ spec }) => spec.annotations.name,
    hasUniqueName: true,
    referencesOf: noReferences,
    conceal: asItIs,
  },
  login: {
    plural: "logins",
    parse: namedParser("login"),
    nameOf: ({ spec }) => spec.annotations.name,
    hasUniqueName: true,
    referencesOf: noReferences,
    conceal: (login) => ({ ...login, spec: { ...login.spec, password: "", identityToken: "" } }),
  },
  earlierSpec: {
    plural: "earlierSpecs",
    parse: parseEarlierSpec,
    nameOf: ({ spec }) => spec.annotations.name,
    hasUniqueName: false,
    referencesOf: ({ serviceId }) => ({ service: [serviceId] }),
    conceal: asItIs,
  },
  guest: {
    plural: "guests",
    parse: parseGuest,
    nameOf: ({ names }) => names[0] ?? "",
    hasUniqueName: false,
    referencesOf: ({ nodeId, networkId }) => ({ node: [nodeId], network: [networkId] }),
    conceal: asItIs,
  },
};

/** One value for each kind. The caller promises that each value is of its kind's type: the compiler cannot check it. */
export function perKind<Shape extends { readonly [Kind in ObjectKind]: unknown }>(
  create: (kind: ObjectKind) => unknown,
): Shape {
  return Object.fromEntries(OBJECT_KINDS.map((kind) => [kind, create(kind)])) as unknown as Shape;
}
