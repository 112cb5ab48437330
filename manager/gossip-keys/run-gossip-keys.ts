import { createGossipKeys, rotateGossipKeys } from "../../shared/pki/gossip-keys.ts";
import { type ControlLoop, type LoopDeps, runControlLoop } from "../control-loop.ts";
import { decideGossipKeys } from "./decide-gossip-keys.ts";

const QUIET_MS = 0;
const DELAY_MS_MAX = 20;
/** There is only one thing to look at: the cluster's keys. */
const KEYS = "keys";

/** Makes sure that the cluster has gossip keys and that they are rotated in time. Runs until the signal. */
export function runGossipKeys(deps: LoopDeps, signal: AbortSignal): Promise<void> {
  return runControlLoop(gossipKeysLoop(deps), deps, signal);
}

function gossipKeysLoop({ store, clock, random, log }: LoopDeps): ControlLoop<typeof KEYS> {
  return {
    name: "gossip keys",
    scope: "object",
    quietMs: QUIET_MS,
    delayMsMax: DELAY_MS_MAX,
    everything: () => [KEYS],
    concerned: (change) => (change.kind === "cluster" ? [KEYS] : []),
    async reconcile(_key, lookAgain) {
      const [present] = store.view().all("cluster");
      // A commit of the cluster object brings us here again.
      if (present === undefined) return;
      const step = decideGossipKeys(present.gossipKeys, clock.wallNow());
      if (step.kind === "wait") {
        lookAgain(KEYS, step.delayMs);
        return;
      }
      const generation = await store.update("rotate gossip keys", (tx) => {
        const cluster = tx.cluster();
        const nowMs = clock.wallNow();
        // Decided again on the newest state: people may rotate the keys too.
        const { kind } = decideGossipKeys(cluster.gossipKeys, nowMs);
        if (kind === "wait") return null;
        const isRotation = kind === "rotate" && cluster.gossipKeys !== null;
        const gossipKeys = isRotation
          ? rotateGossipKeys(cluster.gossipKeys, random, nowMs)
          : createGossipKeys(random, nowMs);
        tx.update("cluster", { ...cluster, gossipKeys });
        return gossipKeys.generation;
      });
      if (generation !== null) log.info("the gossip keys are new", { generation });
    },
  };
}
