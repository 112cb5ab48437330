import { isDeepStrictEqual } from "node:util";
import type { NodeId } from "../../shared/ids.ts";
import { invariant } from "../../shared/invariant.ts";
import type { Logger } from "../../shared/log.ts";
import { isFinal } from "../../shared/objects/task-state.ts";
import type { Login, Node, Task } from "../../shared/objects/types.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import { loginNamesForText } from "../../shared/registry/login-names.ts";
import type { ClusterView } from "../../shared/rpc/gen/dispatcher.ts";
import type { Change, Commit, ReadView, Store } from "../store/store-types.ts";
import { type Trouble, TroubleBook } from "../trouble.ts";
import { ClusterViews, gossipAddressOf } from "./cluster-view.ts";
import { HeldEnds, isEndingWithTraffic } from "./held-ends.ts";
import { HeldGoodbyes } from "./held-goodbyes.ts";
import { NetworkTables, type TableNews } from "./network-tables.ts";
import { QuietMoment } from "./quiet-moment.ts";
import type { SessionSource } from "./session.ts";
import type { TableBook } from "./table-book.ts";
import { TableFeed } from "./table-feed.ts";
import { networksOf } from "./table-lines.ts";
import { type AssignmentSet, needsOf, wantedAssignments } from "./wanted-assignments.ts";

/** Commits that follow each other closer than this are told together: a scale-up is a handful of them. */
export const ASSIGNMENT_QUIET_MS = 3;
/** However busy the store is, workers hear of a change after this. */
export const ASSIGNMENT_DELAY_MS_MAX = 12;
/**
 * For each host told of a table, all hosts of tables are left alone for so long: to tell one takes the leader some
 * 0.1 ms, with the answer that it is in the kernel. A network of thousands of hosts that changes all the time would
 * otherwise take all of its time, and that of the hosts. The first change after a rest is told at once; a host whose
 * own tasks change hears of the tables with them.
 */
export const TABLE_REST_MS_PER_HOST = 0.2;

invariant(ASSIGNMENT_QUIET_MS <= ASSIGNMENT_DELAY_MS_MAX, "a quiet moment is over before patience is");

/** Whom a commit concerns. */
export interface Concerned {
  /** Nodes whose own tasks changed. */
  readonly nodes: Set<NodeId>;
  /** Nodes whose own object changed. */
  readonly selves: Set<NodeId>;
  /** Nodes whose tables changed: they take part in a network where something did, or no longer do. */
  readonly tables: Set<NodeId>;
  /** What every host knows of the cluster may differ. */
  clusterView: boolean;
}

/**
 * What workers should know, from the store's newest state; tells which of them should look again after commits.
 */
export class AssignmentSource implements SessionSource, Disposable {
  readonly #store: Store;
  readonly #views: ClusterViews;
  readonly #onConcerned: (concerned: Concerned) => void;
  readonly #subscription: Disposable;
  readonly #viewTroubles: TroubleBook;
  readonly #tables: NetworkTables;
  readonly #feeds = new WeakMap<TableBook, TableFeed>();
  readonly #ends: HeldEnds;
  readonly #goodbyes: HeldGoodbyes;
  /** Networks whose tables changed since those concerned were last told. */
  #networkIds = new Set<string>();
  #concerned = nobody();
  readonly #tellSoon: QuietMoment;
  readonly #tellHostsSoon: QuietMoment;

  constructor(
    options: {
      readonly store: Store;
      readonly clock: Clock;
      readonly random: Random;
      readonly log: Logger;
      readonly memberAddresses: () => readonly string[];
      /** Of a table, what the kernel of a node in session has; null = the node is not in session. */
      readonly appliedRevision: (nodeId: NodeId, feed: TableFeed) => number | null;
    },
    onConcerned: (concerned: Concerned) => void,
  ) {
    this.#store = options.store;
    this.#views = new ClusterViews(options.memberAddresses);
    this.#viewTroubles = new TroubleBook(options.log, options.random);
    this.#onConcerned = onConcerned;
    const pace = { clock: options.clock, quietMs: ASSIGNMENT_QUIET_MS, delayMsMax: ASSIGNMENT_DELAY_MS_MAX };
    this.#tellSoon = new QuietMoment({ ...pace, label: "dispatcher: gather commits", act: () => this.#tell() });
    const label = "dispatcher: gather changes of tables";
    this.#tellHostsSoon = new QuietMoment({ ...pace, label, act: () => this.#tellHosts() });
    const troubles = new TroubleBook(options.log, options.random);
    const appliedBy = (nodeId: NodeId, book: TableBook): number | null =>
      options.appliedRevision(nodeId, this.#feedOf(book));
    this.#tables = new NetworkTables({ ...options, appliedBy, troubles }, (news) => this.#onTableNews(news));
    const routed = {
      clock: options.clock,
      feedsOf: (task: Task) => this.#feedsOf(task),
      appliedEverywhere: (feed: TableFeed) => {
        const revisions = [...this.#tables.hostsOf(feed.networkId)].map((id) => options.appliedRevision(id, feed));
        return Math.min(...revisions.filter((revision) => revision !== null));
      },
    };
    this.#goodbyes = new HeldGoodbyes({ ...routed, view: () => options.store.view() });
    this.#ends = new HeldEnds({
      ...routed,
      onReleased: (nodes) => this.#onConcerned({ ...nobody(), nodes: new Set(nodes) }),
    });
    this.#subscription = options.store.subscribe((commit) => this.#onCommit(commit));
  }

  clusterView(nodeId: NodeId): ClusterView | null {
    const troubles: Trouble[] = [];
    const made = this.#views.of(this.#store.view(), nodeId, troubles);
    this.#viewTroubles.pass(troubles);
    return made;
  }

  wanted(nodeId: NodeId): AssignmentSet {
    return wantedAssignments(this.#store.view(), nodeId, (task) => this.#ends.shown(task));
  }

  /** A session has acknowledged something, or is over. */
  onAcknowledged(): void {
    this.#ends.onAcknowledged();
    this.#tables.onAcknowledged();
    this.#goodbyes.lookSoon();
  }

  /** The node has left: resolves when the others send nothing new to its tasks, or after a bounded time. */
  async untilUnused(nodeId: NodeId): Promise<void> {
    await this.#goodbyes.begin(nodeId);
  }

  isHeld(nodeId: NodeId): boolean {
    return this.#goodbyes.isHeld(nodeId);
  }

  tables(nodeId: NodeId): readonly TableFeed[] | null {
    return this.#tables.booksOf(nodeId)?.map((book) => this.#feedOf(book)) ?? null;
  }

  [Symbol.dispose](): void {
    this.#tellSoon[Symbol.dispose]();
    this.#tellHostsSoon[Symbol.dispose]();
    this.#tables[Symbol.dispose]();
    this.#ends[Symbol.dispose]();
    this.#goodbyes[Symbol.dispose]();
    this.#subscription[Symbol.dispose]();
  }

  #feedOf(book: TableBook): TableFeed {
    const known = this.#feeds.get(book);
    if (known !== undefined) return known;
    const feed = new TableFeed(book);
    this.#feeds.set(book, feed);
    return feed;
  }

  #feedsOf(task: Task): readonly TableFeed[] {
    const books = networksOf(task).map((id) => this.#tables.book(id));
    return books.filter((book) => book?.isCarried === true).map((book) => this.#feedOf(book as TableBook));
  }

  #onCommit(commit: Commit): void {
    const concerned = nobody();
    if (commit.resync) concerned.clusterView = true;
    const view = this.#store.view();
    for (const change of commit.changes) {
      addConcerned(concerned, change, view);
      if (change.kind !== "task") continue;
      if (change.action === "remove" || !isEndingWithTraffic(change.object)) this.#ends.forget(change.object.id);
    }
    this.#gather(concerned, this.#tables.onCommit(commit));
    this.#goodbyes.lookSoon();
    for (const { kind, action, object } of commit.changes) {
      if (kind === "node" && action === "remove") void this.#holdRemoved(object.id);
    }
  }

  async #holdRemoved(nodeId: NodeId): Promise<void> {
    await this.#goodbyes.begin(nodeId);
    this.#onConcerned({ ...nobody(), selves: new Set([nodeId]) });
  }

  #onTableNews(news: TableNews): void {
    this.#gather(nobody(), news);
  }

  #gather({ nodes, selves, clusterView }: Concerned, { networkIds, nodeIds: tables }: TableNews): void {
    for (const id of networkIds) this.#networkIds.add(id);
    if (networkIds.size > 0) this.#tellHostsSoon.note();
    if (isNobody({ nodes, selves, tables, clusterView })) return;
    for (const nodeId of nodes) this.#concerned.nodes.add(nodeId);
    for (const nodeId of selves) this.#concerned.selves.add(nodeId);
    for (const nodeId of tables) this.#concerned.tables.add(nodeId);
    this.#concerned.clusterView ||= clusterView;
    this.#tellSoon.note();
  }

  #tell(): void {
    const concerned = this.#concerned;
    if (isNobody(concerned)) return;
    this.#concerned = nobody();
    this.#onConcerned({ ...concerned, clusterView: concerned.clusterView && this.#views.takeNews(this.#store.view()) });
  }

  /**
   * Of the networks whose tables changed; and of all else that is gathered: a host that heard of a table before its own
   * tasks would acknowledge it, and so be taken to have brought a task onto a network of which it knows nothing yet.
   */
  #tellHosts(): void {
    const hosts = new Set<NodeId>();
    for (const id of this.#networkIds) for (const nodeId of this.#tables.hostsOf(id)) hosts.add(nodeId);
    this.#networkIds = new Set();
    this.#tellHostsSoon.rest(hosts.size * TABLE_REST_MS_PER_HOST);
    for (const nodeId of hosts) this.#concerned.tables.add(nodeId);
    this.#tell();
  }
}

/**
 * Adds whom a change concerns, but for tables of networks. Status reports of workers, the most frequent change, mostly
 * concern nobody.
 */
export function addConcerned(concerned: Concerned, change: Change, view: ReadView): void {
  switch (change.kind) {
    case "task":
      if (change.action === "update" && change.old !== null && isOwnReport(change.old, change.object, view)) break;
      for (const task of [change.object, change.old]) {
        if (task !== null && task.nodeId !== "") concerned.nodes.add(task.nodeId);
      }
      break;
    case "node":
      concerned.clusterView ||= change.action !== "update" || !isSameToOthers(change.old, change.object);
      concerned.selves.add(change.object.id);
      break;
    case "cluster":
      concerned.clusterView ||= !isDeepStrictEqual(change.old?.rootCa.caCert, change.object.rootCa.caCert);
      concerned.clusterView ||= !isDeepStrictEqual(change.old?.rootCa.rotation, change.object.rootCa.rotation);
      concerned.clusterView ||= !isDeepStrictEqual(change.old?.gossipKeys, change.object.gossipKeys);
      concerned.clusterView ||= change.old?.spec.heartbeatPeriodMs !== change.object.spec.heartbeatPeriodMs;
      concerned.clusterView ||= change.old?.era !== change.object.era;
      break;
    case "login":
      for (const nodeId of hostsWithImagesOf(change.object, view)) concerned.nodes.add(nodeId);
      break;
    // No worker has anything of other kinds but through its tasks.
    default:
      break;
  }
}

function nobody(): Concerned {
  return { nodes: new Set(), selves: new Set(), tables: new Set(), clusterView: false };
}

type Concerning = Pick<Concerned, "clusterView"> & Record<"nodes" | "selves" | "tables", ReadonlySet<NodeId>>;

function isNobody({ nodes, selves, tables, clusterView }: Concerning): boolean {
  return nodes.size + selves.size + tables.size === 0 && !clusterView;
}

/**
 * Nothing but the status (and with it meta) differs. Committed objects are decoded anew, so parts are compared by
 * value.
 */
function isOwnReport(old: Task, task: Task, view: ReadView): boolean {
  return (
    old.nodeId === task.nodeId &&
    old.desiredState === task.desiredState &&
    old.status.state !== "PENDING" &&
    old.status.state !== "NEW" &&
    // Its secrets go from the host with the last task that needs them.
    (isFinal(old.status.state) === isFinal(task.status.state) || needsOf(old, view).length === 0) &&
    isDeepStrictEqual({ ...old, meta: null, status: null }, { ...task, meta: null, status: null })
  );
}

/** Nothing refers to a login: whose it is follows from the names of images. */
function hostsWithImagesOf({ spec }: Login, view: ReadView): ReadonlySet<NodeId> {
  const tasks = view.all("task").filter(({ status, nodeId }) => nodeId !== "" && !isFinal(status.state));
  const concerned = tasks.filter((task) =>
    loginNamesForText(task.spec.container.image).includes(spec.annotations.name),
  );
  return new Set(concerned.map(({ nodeId }) => nodeId as NodeId));
}

function isSameToOthers(old: Node | null, node: Node): boolean {
  return (
    old?.spec.desiredRole === node.spec.desiredRole &&
    old.role === node.role &&
    gossipAddressOf(old) === gossipAddressOf(node) &&
    isDeepStrictEqual(old.managerStatus, node.managerStatus)
  );
}
