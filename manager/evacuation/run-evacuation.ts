import type { NodeId } from "../../shared/ids.ts";
import { type ControlLoop, type LoopDeps, runControlLoop } from "../control-loop.ts";
import { byKind } from "../store/by-kind.ts";
import type { ReadView } from "../store/store-types.ts";
import { isBeingEmptied } from "../tasks/node-fitness.ts";
import { decideEvacuation } from "./decide-evacuation.ts";

const QUIET_MS = 0;
const DELAY_MS_MAX = 20;

/** Drains nodes that are empty by now, until the signal. */
export function runEvacuation(deps: LoopDeps, signal: AbortSignal): Promise<void> {
  return runControlLoop(evacuationLoop(deps), deps, signal);
}

function evacuationLoop({ store, clock, log }: LoopDeps): ControlLoop<NodeId> {
  return {
    name: "evacuation",
    scope: "object",
    quietMs: QUIET_MS,
    delayMsMax: DELAY_MS_MAX,
    everything: beingEmptied,
    concerned: byKind<readonly NodeId[]>(
      {
        node: ({ object }) => (isBeingEmptied(object) ? [object.id] : []),
        task: ({ object: { nodeId } }, view) => (isEmptied(view, nodeId) ? [nodeId as NodeId] : []),
      },
      [],
    ),
    async reconcile(nodeId, lookAgain) {
      const { dueInMs, isEmpty } = await store.update(`evacuate node ${nodeId}`, (tx) => {
        const node = tx.get("node", nodeId);
        if (node === undefined) return { dueInMs: null, isEmpty: false };
        const plan = decideEvacuation(tx, node, clock.wallNow());
        if (plan.spec !== null) tx.update("node", { ...node, spec: plan.spec });
        return { dueInMs: plan.dueInMs, isEmpty: plan.spec !== null };
      });
      if (isEmpty) log.info("a node has been emptied and is drained now", { node: nodeId });
      if (dueInMs !== null) lookAgain(nodeId, dueInMs);
    },
  };
}

const beingEmptied = (view: ReadView): readonly NodeId[] =>
  view
    .all("node")
    .filter(isBeingEmptied)
    .map(({ id }) => id);

function isEmptied(view: ReadView, nodeId: NodeId | ""): boolean {
  const node = nodeId === "" ? undefined : view.get("node", nodeId);
  return node !== undefined && isBeingEmptied(node);
}
