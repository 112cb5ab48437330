import type { RaftStatus } from "../../raft/raft-handle.ts";
import { SwarmError } from "../../shared/errors.ts";
import { KINDS, type KindEntry } from "../../shared/objects/kinds.ts";
import type { ObjectKind, ObjectKinds } from "../../shared/objects/types.ts";
import { OBJECT_KINDS } from "../../shared/objects/types.ts";
import type { WatchResponse } from "../../shared/rpc/gen/control.ts";
import type { StoreAction } from "../../shared/rpc/gen/objects.ts";
import type { Send } from "../../shared/rpc/handler.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { Commit, ReadView } from "../store/store-types.ts";
import type { ApiContext } from "./api-context.ts";
import { withManagerStatus } from "./manager-status.ts";

/**
 * Messages that may wait for a slow watcher. Beyond this it is cheaper for the watcher to start again than for us to
 * keep more.
 */
export const WATCH_QUEUE_MAX = 1000;
/** Changes in one message, so that the initial state of a big swarm stays below the message limit. */
export const WATCH_CHANGES_MAX = 2000;

type Message = Sendable<WatchResponse>;

/**
 * Sends the current state and then each commit's changes, until the caller goes away.
 * @throws SwarmError unavailable when this manager no longer leads; aborted when the watcher is too slow or the state
 * was replaced: in each case it should watch again.
 */
export async function watch(api: ApiContext, signal: AbortSignal, send: Send<Message>): Promise<void> {
  const queue = new WatchQueue();
  using resources = new DisposableStack();
  // Subscribed before the state is read, in the same turn, so that no change is missed in between.
  resources.use(api.store.subscribe((commit) => queue.push(toMessages(commit, api.raft.status()))));
  resources.use(
    api.raft.onLeadership((state) => {
      if (state !== "leading") queue.end(new SwarmError("unavailable", "this manager no longer leads the swarm"));
    }),
  );
  const onAbort = (): void => queue.end(null);
  signal.addEventListener("abort", onAbort, { once: true });
  resources.defer(() => signal.removeEventListener("abort", onAbort));
  if (signal.aborted) return;
  for (const message of presentState(api.store.view(), api.raft.status())) await send(message);
  for (;;) {
    const message = await queue.take();
    if (message === null) return;
    await send(message);
  }
}

/** One reader, one writer; remembers how it ended. */
class WatchQueue {
  readonly #messages: Message[] = [];
  #ended: { readonly failure: SwarmError | null } | null = null;
  #wake: () => void = () => {};

  push(messages: readonly Message[] | SwarmError): void {
    if (this.#ended !== null) return;
    if (messages instanceof SwarmError) {
      this.end(messages);
      return;
    }
    this.#messages.push(...messages);
    if (this.#messages.length > WATCH_QUEUE_MAX) {
      this.end(new SwarmError("aborted", "the watcher reads too slowly: watch again"));
    }
    this.#wake();
  }

  end(failure: SwarmError | null): void {
    this.#ended ??= { failure };
    this.#messages.length = 0;
    this.#wake();
  }

  /** The next message; null once it has ended without failure. @throws SwarmError the failure it ended with. */
  async take(): Promise<Message | null> {
    while (this.#messages.length === 0 && this.#ended === null) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#ended?.failure) throw this.#ended.failure;
    return this.#messages.shift() ?? null;
  }
}

/** At least one message, so that a watcher of an empty store also learns the version it starts from. */
function presentState(view: ReadView, raft: RaftStatus): readonly Message[] {
  const actions = OBJECT_KINDS.flatMap((kind) =>
    view.all(kind).map((object) => toAction("CREATE", kind, object, raft)),
  );
  return inChunks(view.version, actions);
}

function toMessages(commit: Commit, raft: RaftStatus): readonly Message[] | SwarmError {
  if (commit.resync) return new SwarmError("aborted", "the state was replaced by a snapshot: watch again");
  if (commit.changes.length === 0) return [];
  const actions = commit.changes.map(({ kind, action, object }) => toAction(WIRE_KIND[action], kind, object, raft));
  return inChunks(commit.version, actions);
}

const WIRE_KIND = { create: "CREATE", update: "UPDATE", remove: "REMOVE" } as const;

function toAction(
  action: "CREATE" | "UPDATE" | "REMOVE",
  kind: ObjectKind,
  object: ObjectKinds[ObjectKind],
  raft: RaftStatus,
): Sendable<StoreAction> {
  if (action === "REMOVE") return { kind: action, [kind]: { id: object.id } };
  return { kind: action, [kind]: presentable(kind, object, raft) };
}

/** As `get` would answer it. */
function presentable(kind: ObjectKind, object: ObjectKinds[ObjectKind], raft: RaftStatus): ObjectKinds[ObjectKind] {
  if (kind === "node") return withManagerStatus(object as ObjectKinds["node"], raft);
  const { conceal } = KINDS[kind] as KindEntry<ObjectKind>;
  return conceal(object);
}

function inChunks(version: number, actions: readonly Sendable<StoreAction>[]): readonly Message[] {
  const messages: Message[] = [];
  for (let at = 0; at === 0 || at < actions.length; at += WATCH_CHANGES_MAX) {
    messages.push({ version, changes: actions.slice(at, at + WATCH_CHANGES_MAX) });
  }
  return messages;
}
