import { isDeepStrictEqual } from "node:util";
import type { NodeId } from "../../shared/ids.ts";
import { invariant } from "../../shared/invariant.ts";
import type { Logger } from "../../shared/log.ts";
import type { Node, Task } from "../../shared/objects/types.ts";
import type { Clock, InstantMs } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { ClusterView, NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import type { Change, Commit, Store } from "../store/store-types.ts";
import { type Trouble, TroubleBook } from "../trouble.ts";
import { clusterViewOf, gossipAddressOf } from "./cluster-view.ts";
import { endpointState, isHeard, keepSameTables, networkTables } from "./network-table.ts";
import type { SessionSource } from "./session.ts";
import { type AssignmentSet, needsOf, wantedAssignments } from "./wanted-assignments.ts";

/** Commits that follow each other closer than this are told together: a scale-up is a handful of them. */
export const ASSIGNMENT_QUIET_MS = 3;
/** However busy the store is, workers hear of a change after this. */
export const ASSIGNMENT_DELAY_MS_MAX = 30;

invariant(ASSIGNMENT_QUIET_MS <= ASSIGNMENT_DELAY_MS_MAX, "a quiet moment is over before patience is");

/** Whom a commit concerns. */
export interface Concerned {
  /** Nodes whose own tasks changed. */
  readonly nodes: Set<NodeId>;
  /** A network's table may differ: concerns every node. */
  tables: boolean;
  /** What every host knows of the cluster may differ. */
  clusterView: boolean;
}

/**
 * What workers should know, from the store's newest state; tells which of them should look again after commits.
 * Tables are the same for every host, so they are made once for each version of the store that is asked for.
 */
export class AssignmentSource implements SessionSource, Disposable {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #memberAddresses: () => readonly string[];
  readonly #onConcerned: (concerned: Concerned) => void;
  readonly #subscription: Disposable;
  #tables: { readonly stamp: number; readonly byId: ReadonlyMap<string, NetworkTable> } | null = null;
  readonly #viewTroubles: TroubleBook;
  readonly #tableTroubles: TroubleBook;
  #tableStamp = 0;
  #concerned: Concerned | null = null;
  #firstAtMs: InstantMs = 0;
  #timer: Disposable | null = null;

  constructor(
    options: {
      readonly store: Store;
      readonly clock: Clock;
      readonly random: Random;
      readonly log: Logger;
      readonly memberAddresses: () => readonly string[];
    },
    onConcerned: (concerned: Concerned) => void,
  ) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#memberAddresses = options.memberAddresses;
    this.#viewTroubles = new TroubleBook(options.log, options.random);
    this.#tableTroubles = new TroubleBook(options.log, options.random);
    this.#onConcerned = onConcerned;
    this.#subscription = options.store.subscribe((commit) => this.#onCommit(commit));
  }

  clusterView(nodeId: NodeId): ClusterView | null {
    const troubles: Trouble[] = [];
    const made = clusterViewOf(this.#store.view(), nodeId, this.#memberAddresses(), troubles);
    this.#viewTroubles.pass(troubles);
    return made;
  }

  wanted(nodeId: NodeId): AssignmentSet {
    const view = this.#store.view();
    if (this.#tables?.stamp !== this.#tableStamp) {
      const troubles: Trouble[] = [];
      const byId = keepSameTables(this.#tables?.byId ?? new Map(), networkTables(view, troubles));
      this.#tableTroubles.pass(troubles);
      this.#tables = { stamp: this.#tableStamp, byId };
    }
    return wantedAssignments(view, this.#tables.byId, nodeId);
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#subscription[Symbol.dispose]();
  }

  #onCommit(commit: Commit): void {
    const isFirst = this.#concerned === null;
    this.#concerned ??= { nodes: new Set(), tables: false, clusterView: false };
    if (commit.resync) {
      this.#concerned.tables = true;
      this.#concerned.clusterView = true;
    }
    for (const change of commit.changes) addConcerned(this.#concerned, change);
    if (this.#concerned.tables) this.#tableStamp++;
    if (!isConcerning(this.#concerned)) {
      this.#concerned = null;
      return;
    }
    if (isFirst) this.#firstAtMs = this.#clock.now();
    const patienceMs = this.#firstAtMs + ASSIGNMENT_DELAY_MS_MAX - this.#clock.now();
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#clock.schedule(
      Math.max(0, Math.min(ASSIGNMENT_QUIET_MS, patienceMs)),
      "dispatcher: gather commits",
      () => this.#tell(),
    );
  }

  #tell(): void {
    const concerned = this.#concerned;
    this.#concerned = null;
    this.#timer = null;
    if (concerned !== null) this.#onConcerned(concerned);
  }
}

/** Adds whom a change concerns. Status reports of workers, the most frequent change, mostly concern nobody. */
export function addConcerned(concerned: Concerned, change: Change): void {
  switch (change.kind) {
    case "task":
      if (change.action === "update" && change.old !== null && isOwnReport(change.old, change.object)) break;
      for (const task of [change.object, change.old]) {
        if (task !== null && task.nodeId !== "") concerned.nodes.add(task.nodeId);
      }
      break;
    case "node":
      concerned.clusterView ||= change.action !== "update" || !isSameToOthers(change.old, change.object);
      concerned.tables ||= change.action !== "update" || !isSameInTables(change.old, change.object);
      concerned.nodes.add(change.object.id);
      break;
    case "service":
      concerned.tables ||= !isDeepStrictEqual(change.old?.endpoint, change.object.endpoint);
      concerned.tables ||= change.old?.spec.annotations.name !== change.object.spec.annotations.name;
      concerned.tables ||= change.action === "remove";
      break;
    case "network":
      concerned.tables = true;
      break;
    case "cluster":
      concerned.tables ||= change.old?.dataPathPort !== change.object.dataPathPort;
      concerned.clusterView ||= !isDeepStrictEqual(change.old?.rootCa.caCert, change.object.rootCa.caCert);
      concerned.clusterView ||= !isDeepStrictEqual(change.old?.rootCa.rotation, change.object.rootCa.rotation);
      concerned.clusterView ||= !isDeepStrictEqual(change.old?.gossipKeys, change.object.gossipKeys);
      break;
    // No worker has anything of other kinds but through its tasks.
    default:
      break;
  }
  if (change.kind === "task") concerned.tables ||= changesEndpoint(change);
}

function isConcerning(concerned: Concerned): boolean {
  return concerned.nodes.size > 0 || concerned.tables || concerned.clusterView;
}

/**
 * Nothing but the status (and with it meta) differs. Committed objects are decoded anew, so parts are compared by
 * value.
 */
function isOwnReport(old: Task, task: Task): boolean {
  return (
    old.nodeId === task.nodeId &&
    old.desiredState === task.desiredState &&
    old.status.state !== "PENDING" &&
    old.status.state !== "NEW" &&
    // Its secrets go from the host with the last task that needs them.
    needsOf(old).length === needsOf(task).length &&
    isDeepStrictEqual({ ...old, meta: null, status: null }, { ...task, meta: null, status: null })
  );
}

function changesEndpoint(change: Change & { readonly kind: "task" }): boolean {
  const { old, object: task, action } = change;
  const before = old === null ? null : endpointState(old);
  const after = action === "remove" ? null : endpointState(task);
  if (before !== after) return true;
  return after !== null && old !== null && !isDeepStrictEqual(old.networks, task.networks);
}

function isSameToOthers(old: Node | null, node: Node): boolean {
  return (
    old?.spec.desiredRole === node.spec.desiredRole &&
    old.role === node.role &&
    gossipAddressOf(old) === gossipAddressOf(node) &&
    isDeepStrictEqual(old.managerStatus, node.managerStatus)
  );
}

function isSameInTables(old: Node | null, node: Node): boolean {
  return (
    (old?.status.state === "DOWN") === (node.status.state === "DOWN") &&
    old !== null &&
    isHeard(old) === isHeard(node) &&
    old?.description?.dataPathAddress === node.description?.dataPathAddress &&
    old?.description?.hostname === node.description?.hostname &&
    isDeepStrictEqual(old?.attachments, node.attachments)
  );
}
