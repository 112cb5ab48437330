import type { RaftHandle } from "../../raft/raft-handle.ts";
import type { Store } from "../store/store-types.ts";
import { eventsOf, type SwarmEvent } from "./events-of.ts";

/** Tells what happens from now on: what is in the log already was told by an earlier daemon, or by another manager. */
export function tellEvents(
  store: Pick<Store, "subscribe">,
  raft: Pick<RaftHandle, "status">,
  note: (event: SwarmEvent) => void,
): Disposable {
  const { commit: told } = raft.status();
  return store.subscribe((commit) => {
    if (commit.version > told) for (const event of eventsOf(commit)) note(event);
  });
}
