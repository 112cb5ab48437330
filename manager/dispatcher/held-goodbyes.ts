import type { NodeId } from "../../shared/ids.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { ReadView } from "../store/store-types.ts";
import { ACKNOWLEDGE_GATHER_MS, isEverywhere, type Marks } from "./held-ends.ts";
import type { TableFeed } from "./table-feed.ts";
import { endpointState } from "./table-lines.ts";

/** A host that goes is kept so long at most; it waits for 3 s itself (worker/agent). */
export const GOODBYE_WAIT_MS_MAX = 2_000;

export interface HeldGoodbyesOptions {
  readonly clock: Clock;
  readonly view: () => ReadView;
  /** Tables that the task is in. */
  readonly feedsOf: (task: Task) => readonly TableFeed[];
  /** Every host of the network that is in session routes by this revision of its table, or a newer one. */
  readonly appliedEverywhere: (feed: TableFeed) => number;
}

interface Goodbye {
  /** Tables that its tasks were in when it went. */
  readonly feeds: readonly TableFeed[];
  /** Revisions in which nothing new is led to its tasks; null = the store wants some of them still. */
  marks: Marks | null;
  readonly limit: Disposable;
  readonly over: PromiseWithResolvers<void>;
}

/**
 * A host that leaves the swarm, or is removed from it, ends its containers once its session is over. So the session is
 * kept until all other hosts route without them, as a task's end is (`HeldEnds`), for a bounded time.
 */
export class HeldGoodbyes implements Disposable {
  readonly #options: HeldGoodbyesOptions;
  readonly #goodbyes = new Map<NodeId, Goodbye>();
  #look: Disposable | null = null;

  constructor(options: HeldGoodbyesOptions) {
    this.#options = options;
  }

  [Symbol.dispose](): void {
    this.#look?.[Symbol.dispose]();
    for (const nodeId of [...this.#goodbyes.keys()]) this.#end(nodeId);
  }

  /** Resolves when nothing new is sent to the node's tasks, or the time is up. What changes meanwhile: `lookSoon`. */
  async begin(nodeId: NodeId): Promise<void> {
    const known = this.#goodbyes.get(nodeId);
    if (known !== undefined) return await known.over.promise;
    const { clock, view, feedsOf } = this.#options;
    const feeds = [
      ...new Set(
        view()
          .tasksOfNode(nodeId)
          .flatMap((task) => feedsOf(task)),
      ),
    ];
    const limit = clock.schedule(GOODBYE_WAIT_MS_MAX, "dispatcher: held goodbye", () => this.#end(nodeId));
    const goodbye = { feeds, marks: null, limit, over: Promise.withResolvers<void>() };
    this.#goodbyes.set(nodeId, goodbye);
    this.#lookAt(nodeId, goodbye);
    await goodbye.over.promise;
  }

  isHeld(nodeId: NodeId): boolean {
    return this.#goodbyes.has(nodeId);
  }

  /** A commit has come, a worker has acknowledged something, or its session is over. */
  lookSoon(): void {
    if (this.#goodbyes.size === 0) return;
    this.#look ??= this.#options.clock.schedule(ACKNOWLEDGE_GATHER_MS, "dispatcher: look at held goodbyes", () => {
      this.#look = null;
      for (const [nodeId, goodbye] of [...this.#goodbyes]) this.#lookAt(nodeId, goodbye);
    });
  }

  #lookAt(nodeId: NodeId, goodbye: Goodbye): void {
    if (goodbye.marks === null) {
      const view = this.#options.view();
      // The lines of a node that was removed have gone with it.
      const isWanted = view.get("node", nodeId) !== undefined && view.tasksOfNode(nodeId).some(isServing);
      if (isWanted) return;
      goodbye.marks = new Map(goodbye.feeds.map((feed) => [feed, feed.revision]));
    }
    if (isEverywhere(goodbye.marks, this.#options.appliedEverywhere)) this.#end(nodeId);
  }

  #end(nodeId: NodeId): void {
    const goodbye = this.#goodbyes.get(nodeId);
    if (goodbye === undefined) return;
    this.#goodbyes.delete(nodeId);
    goodbye.limit[Symbol.dispose]();
    goodbye.over.resolve();
  }
}

function isServing(task: Task): boolean {
  return endpointState(task) === "READY";
}
