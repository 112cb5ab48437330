import { mustHave, unreachable } from "../invariant.ts";
import type { Caller } from "./handler.ts";
import { requireLocal, requireLocalOrManager, requireManager, requireNode } from "./require-caller.ts";
import type { services } from "./schema.ts";
import type { RpcService } from "./service-types.ts";

/**
 * Who may knock at a method at all. What the call asks for is judged behind the door; who is not let in is refused by
 * the headers alone, before a byte of the request is read.
 */
export type Door =
  /** Also without a certificate: it proves itself by what it brings (a token), or asks for nothing that is secret. */
  | "anyone"
  /** Any node of the cluster. */
  | "node"
  /** Managers among themselves. */
  | "manager"
  /** Managers, and root of a manager's host. */
  | "operator"
  /** Root of this host, by the local socket. */
  | "host";

type DoorsOf<Service> = Service extends RpcService<infer Methods> ? { readonly [Name in keyof Methods]: Door } : never;

/** Every method of proto/ has its row: one without does not compile. docs/security.md shows the same to people. */
export const DOORS: { readonly [Name in keyof typeof services]: DoorsOf<(typeof services)[Name]> } = {
  certificateAuthority: { getRootCertificate: "anyone", issueNodeCertificate: "anyone", confirmCertificate: "node" },
  dispatcher: { session: "node", publishLogs: "node" },
  raft: { messages: "manager", installSnapshot: "manager", snapshotProgress: "manager", joinGroup: "manager" },
  control: {
    getCluster: "operator",
    updateCluster: "operator",
    getNode: "operator",
    listNodes: "operator",
    updateNode: "operator",
    removeNode: "operator",
    getService: "operator",
    listServices: "operator",
    createService: "operator",
    updateService: "operator",
    removeService: "operator",
    getTask: "operator",
    listTasks: "operator",
    getNetwork: "operator",
    listNetworks: "operator",
    getSecret: "operator",
    listSecrets: "operator",
    createSecret: "operator",
    updateSecret: "operator",
    removeSecret: "operator",
    getConfig: "operator",
    listConfigs: "operator",
    createConfig: "operator",
    updateConfig: "operator",
    removeConfig: "operator",
    watch: "operator",
    watchServiceProgress: "operator",
  },
  logs: { subscribe: "operator" },
  local: { info: "host", init: "host", join: "host", leave: "host" },
};

/** The door of a method, by its service's full name (`swarm.v1.Control`) and its own. */
export function doorOf(serviceName: string, method: string): Door {
  const last = serviceName.slice(serviceName.lastIndexOf(".") + 1);
  const rows = DOORS as Readonly<Record<string, Readonly<Record<string, Door>>>>;
  const row = rows[last.charAt(0).toLowerCase() + last.slice(1)];
  return mustHave(row?.[method], `door of ${serviceName}.${method}`);
}

/** @throws SwarmError unauthenticated or permissionDenied when the caller may not come in there. */
export function requireDoor(door: Door, caller: Caller): void {
  switch (door) {
    case "anyone":
      return;
    case "node":
      requireNode(caller);
      return;
    case "manager":
      requireManager(caller);
      return;
    case "operator":
      requireLocalOrManager(caller);
      return;
    case "host":
      requireLocal(caller);
      return;
    default:
      unreachable(door);
  }
}
