import type { NodeId } from "../../shared/ids.ts";
import type { ObjectKind } from "../../shared/objects/types.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Commit, Store } from "../store/store-types.ts";
import type { TroubleBook } from "../trouble.ts";
import { HeldStarts } from "./held-starts.ts";
import type { TableBook } from "./table-book.ts";
import { type Look, TableMaker } from "./table-maker.ts";

/** Objects looked at in one turn of the event loop while all tables are made anew: about 3 ms. */
export const BUILD_SLICE = 500;

/** What workers must be told. */
export interface TableNews {
  /** Networks whose tables differ. */
  readonly networkIds: ReadonlySet<string>;
  /** Nodes that came to a network, or left one. */
  readonly nodeIds: ReadonlySet<NodeId>;
}

/**
 * The table of each network, kept up to date with the store: a commit costs what it changed. A new leader has none of
 * it: then, and when a snapshot has replaced the store, all objects are looked at in slices, and until that is done no
 * table is given out.
 */
export class NetworkTables implements Disposable {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #troubles: TroubleBook;
  readonly #onNews: (news: TableNews) => void;
  readonly #maker: TableMaker;
  readonly #starts: HeldStarts;
  readonly #ill = new Map<string, Look>();
  #build: Iterator<Look | null> | null = null;
  #turn: Disposable | null = null;
  #retry: Disposable | null = null;

  /** `onNews`: there is something to tell that no commit brings: all is built, or an object is well again. */
  constructor(
    options: {
      readonly store: Store;
      readonly clock: Clock;
      readonly troubles: TroubleBook;
      /** Of a table, what the kernel of a node in session has; null = the node is not in session. */
      readonly appliedBy: (nodeId: NodeId, book: TableBook) => number | null;
    },
    onNews: (news: TableNews) => void,
  ) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#troubles = options.troubles;
    this.#onNews = onNews;
    this.#starts = new HeldStarts({
      clock: options.clock,
      appliedBy: (nodeId, networkId) => {
        const book = this.book(networkId);
        return book === null ? null : options.appliedBy(nodeId, book);
      },
      onReleased: (taskIds) => this.#lookAgain(taskIds.map((taskId) => ["task", taskId])),
    });
    this.#maker = new TableMaker((...fact) => this.#starts.shown(...fact));
    this.#begin(false);
  }

  /** Tables that the node should have; null = not known before `onNews`. */
  booksOf(nodeId: NodeId): readonly TableBook[] | null {
    return this.#build === null ? [...this.#maker.booksOf(nodeId)] : null;
  }

  /** The table of a network, as far as it is made; null = there is none. */
  book(networkId: string): TableBook | null {
    return this.#maker.book(networkId);
  }

  /** Nodes that take part in a network. */
  hostsOf(networkId: string): Iterable<NodeId> {
    return this.#maker.hostsOf(networkId);
  }

  onCommit(commit: Commit): TableNews {
    if (commit.resync) this.#begin(true);
    for (const { kind, object } of commit.changes) {
      if (kind === "cluster") this.#takePort();
      else if (isLooked(kind)) this.#look([kind, object.id]);
    }
    return this.#maker.takeNews();
  }

  /** A session has acknowledged something, or is over. */
  onAcknowledged(): void {
    this.#starts.onAcknowledged();
  }

  [Symbol.dispose](): void {
    this.#starts[Symbol.dispose]();
    this.#turn?.[Symbol.dispose]();
    this.#retry?.[Symbol.dispose]();
  }

  #begin(isAgain: boolean): void {
    this.#turn?.[Symbol.dispose]();
    this.#takePort();
    this.#maker.isBuilding = true;
    this.#build = this.#everything(isAgain);
    this.#buildSome();
  }

  #buildSome(): void {
    for (let count = 0; count < BUILD_SLICE; count++) {
      const { done, value } = this.#build?.next() ?? { done: true, value: undefined };
      if (done === true) {
        this.#build = null;
        this.#maker.isBuilding = false;
        return;
      }
      if (value !== null && value !== undefined) this.#look(value);
    }
    this.#turn = this.#clock.schedule(0, "dispatcher: make network tables", () => {
      this.#buildSome();
      if (this.#build === null) this.#onNews(this.#maker.takeNews());
    });
  }

  /**
   * All that lines are made from; again: and what was there and is no more. Tasks by node, which needs no list of all
   * tasks in order. null = nothing, but a step all the same.
   */
  *#everything(isAgain: boolean): Generator<Look | null> {
    for (const kind of ["network", "service"] as const) {
      for (const { id } of this.#store.view().all(kind)) yield [kind, id];
    }
    for (const node of this.#store.view().all("node")) {
      yield ["node", node.id];
      for (const task of this.#store.view().tasksOfNode(node.id)) yield ["task", task.id];
      for (const guest of this.#store.view().referring("guest", "node", node.id)) yield ["guest", guest.id];
    }
    if (!isAgain) return;
    for (const look of this.#maker.known()) {
      const isGone = this.#store.view().get(...look) === undefined;
      yield isGone || look[0] === "task" ? look : null;
    }
  }

  #takePort(): void {
    const [cluster] = this.#store.view().all("cluster");
    if (cluster !== undefined) this.#maker.setDataPathPort(cluster.dataPathPort);
  }

  #look(first: Look): void {
    const view = this.#store.view();
    const looks = [first];
    for (let look = looks.pop(); look !== undefined; look = looks.pop()) {
      const about = look.join(" ");
      try {
        looks.push(...this.#maker.lookAt(view, look));
        if (this.#ill.delete(about)) this.#troubles.succeeded(about);
      } catch (error) {
        // An object over which this fails has no lines, and is looked at again after a while.
        looks.push(...this.#maker.lookAt(view, look, true));
        this.#ill.set(about, look);
        const retryMs = this.#troubles.failed({ about, error });
        this.#retry ??= this.#clock.schedule(retryMs, "dispatcher: look at ill objects", () => this.#lookAtIll());
      }
    }
  }

  #lookAtIll(): void {
    this.#retry = null;
    this.#lookAgain([...this.#ill.values()]);
  }

  #lookAgain(looks: readonly Look[]): void {
    for (const look of looks) this.#look(look);
    if (this.#build === null) this.#onNews(this.#maker.takeNews());
  }
}

function isLooked(kind: ObjectKind): kind is Look[0] {
  return kind === "network" || kind === "node" || kind === "service" || kind === "task" || kind === "guest";
}
