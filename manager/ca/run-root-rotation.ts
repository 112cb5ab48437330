import { finishRotation, outstandingNodes } from "../../shared/pki/root-rotation.ts";
import { type ControlLoop, type LoopDeps, runControlLoop } from "../control-loop.ts";

/** All nodes renew at once; one pass for many of them is enough. */
const QUIET_MS = 50;
const DELAY_MS_MAX = 500;
/** There is only one thing to look at: the root. */
const ROOT = "root";

/** Ends the replacement of the root once every node uses the new one. Runs until the signal. */
export function runRootRotation(deps: LoopDeps, signal: AbortSignal): Promise<void> {
  return runControlLoop(rootRotationLoop(deps), deps, signal);
}

function rootRotationLoop({ store, random, log }: LoopDeps): ControlLoop<typeof ROOT> {
  return {
    name: "root rotation",
    scope: "object",
    quietMs: QUIET_MS,
    delayMsMax: DELAY_MS_MAX,
    everything: () => [ROOT],
    concerned: (change, view) => {
      if (change.kind === "cluster") return [ROOT];
      return change.kind === "node" && view.all("cluster")[0]?.rootCa.rotation ? [ROOT] : [];
    },
    async reconcile() {
      const [cluster] = store.view().all("cluster");
      if (cluster === undefined || cluster.rootCa.rotation === null) return;
      if (outstandingNodes(store.view().all("node"), cluster.rootCa.rotation).length > 0) return;
      const isFinished = await store.update("finish root rotation", (tx) => {
        const now = tx.cluster();
        const { rotation } = now.rootCa;
        // Decided again on the newest state: a node may have just joined.
        if (rotation === null || outstandingNodes(tx.all("node"), rotation).length > 0) return false;
        tx.update("cluster", finishRotation(now, random));
        return true;
      });
      if (isFinished) log.info("the old root is dropped: every node has a certificate from the new one");
    },
  };
}
