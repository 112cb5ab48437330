import { mustHave } from "../invariant.ts";
import type { ObjectKind } from "../objects/types.ts";
import type { services } from "./schema.ts";
import type { RpcService } from "./service-types.ts";

/**
 * Who may call a method at all. What the call asks for is judged behind the door; a caller that is not let in is
 * refused from the headers alone, before a byte of the request is read.
 */
export type Door =
  /**
   * Even without a certificate: the caller proves itself by other means (a token), or asks for nothing that is secret.
   */
  | "anyone"
  /** Any node of the cluster. */
  | "node"
  /** Managers among themselves. */
  | "manager"
  /** Root of this host, by the local socket. */
  | "host"
  /** Managers, and root of a manager's host, for the operation described here. */
  | Operation;

/** What people do with the cluster, in words that could be used to allow a caller some of it but not all. */
export interface Operation {
  readonly verb: "read" | "write";
  /** `any`: objects of all kinds at once. Containers, images and volumes are those of hosts, and so may networks be. */
  readonly kind: ObjectKind | "log" | "container" | "image" | "volume" | "any";
}

const reads = (kind: Operation["kind"]): Operation => ({ verb: "read", kind });
const writes = (kind: Operation["kind"]): Operation => ({ verb: "write", kind });

type DoorsOf<Service> = Service extends RpcService<infer Methods> ? { readonly [Name in keyof Methods]: Door } : never;

/**
 * Every method of proto/ has a row; a method without one does not compile. docs/security.md shows the same to people.
 */
export const DOORS: { readonly [Name in keyof typeof services]: DoorsOf<(typeof services)[Name]> } = {
  certificateAuthority: {
    getRootCertificate: "anyone",
    issueNodeCertificate: "anyone",
    confirmCertificate: "node",
    fetchUnlockKey: "manager",
  },
  dispatcher: { session: "node", publishLogs: "node", carry: "node", findNetwork: "node", tellGuests: "node" },
  raft: { messages: "manager", installSnapshot: "manager", snapshotProgress: "manager", joinGroup: "manager" },
  control: {
    getCluster: reads("cluster"),
    updateCluster: writes("cluster"),
    // Who may only read cannot open a manager's disk.
    getUnlockKey: writes("cluster"),
    rebalance: writes("cluster"),
    getNode: reads("node"),
    listNodes: reads("node"),
    updateNode: writes("node"),
    removeNode: writes("node"),
    forgetVolume: writes("node"),
    getService: reads("service"),
    listServices: reads("service"),
    createService: writes("service"),
    updateService: writes("service"),
    removeService: writes("service"),
    // It asks registries with the swarm's logins, as a write would.
    checkService: writes("service"),
    listEarlierSpecs: reads("service"),
    planService: writes("service"),
    getTask: reads("task"),
    listTasks: reads("task"),
    getNetwork: reads("network"),
    listNetworks: reads("network"),
    createNetwork: writes("network"),
    updateNetwork: writes("network"),
    removeNetwork: writes("network"),
    getSecret: reads("secret"),
    listSecrets: reads("secret"),
    createSecret: writes("secret"),
    updateSecret: writes("secret"),
    removeSecret: writes("secret"),
    // Who may only read learns nothing about what is in it.
    compareSecret: writes("secret"),
    getConfig: reads("config"),
    listConfigs: reads("config"),
    createConfig: writes("config"),
    updateConfig: writes("config"),
    removeConfig: writes("config"),
    listLogins: reads("login"),
    setLogin: writes("login"),
    removeLogin: writes("login"),
    watch: reads("any"),
    watchServiceProgress: reads("service"),
    diagnose: reads("any"),
  },
  logs: { subscribe: reads("log") },
  // What a call asks of its host has a door of its own, below, which the leader looks up.
  hosts: { find: reads("any"), call: reads("any") },
  containers: {
    create: writes("container"),
    start: writes("container"),
    stop: writes("container"),
    restart: writes("container"),
    kill: writes("container"),
    remove: writes("container"),
    rename: writes("container"),
    unlink: writes("container"),
    update: writes("container"),
    pause: writes("container"),
    unpause: writes("container"),
    wait: reads("container"),
    watchEnd: reads("container"),
    inspect: reads("container"),
    list: reads("container"),
    prune: writes("container"),
    events: reads("container"),
  },
  streams: {
    locate: reads("container"),
    exec: writes("container"),
    // Also whoever only looks on: at the start of a container, it may hold it back.
    attach: writes("container"),
    resize: writes("container"),
    // As `logs` for services: what a container says may be more than that it is there.
    readLog: reads("log"),
    top: reads("container"),
    stats: reads("container"),
    diff: reads("container"),
    export: reads("container"),
    statPath: reads("container"),
    getArchive: reads("container"),
    putArchive: writes("container"),
    forward: writes("container"),
  },
  images: {
    list: reads("image"),
    inspect: reads("image"),
    pull: writes("image"),
    push: writes("image"),
    tag: writes("image"),
    remove: writes("image"),
    prune: writes("image"),
    save: reads("image"),
    load: writes("image"),
    import: writes("image"),
    // It reads a container; what comes of it is an image.
    commit: writes("image"),
    resolve: reads("image"),
    listTags: reads("image"),
    checkLogin: reads("image"),
    search: reads("image"),
    build: writes("image"),
  },
  volumes: {
    create: writes("volume"),
    list: reads("volume"),
    inspect: reads("volume"),
    remove: writes("volume"),
    prune: writes("volume"),
    // What is in it is more than that it is there.
    export: writes("volume"),
    import: writes("volume"),
  },
  networks: {
    create: writes("network"),
    list: reads("network"),
    inspect: reads("network"),
    remove: writes("network"),
    prune: writes("network"),
    connect: writes("container"),
    disconnect: writes("container"),
  },
  local: { info: "host", init: "host", join: "host", leave: "host", unlock: "host", diagnose: "host" },
};

/** The door of a method, by its service's full name (`swarm.v1.Control`) and its own. */
export function doorOf(serviceName: string, method: string): Door {
  const last = serviceName.slice(serviceName.lastIndexOf(".") + 1);
  const rows = DOORS as Readonly<Record<string, Readonly<Record<string, Door>>>>;
  const row = rows[last.charAt(0).toLowerCase() + last.slice(1)];
  return mustHave(row?.[method], `door of ${serviceName}.${method}`);
}
