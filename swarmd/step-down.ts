import { Metadata } from "@grpc/grpc-js";
import { messageOf, SwarmError } from "../shared/errors.ts";
import { mustHave } from "../shared/invariant.ts";
import type { Logger } from "../shared/log.ts";
import { type Clock, sleep } from "../shared/ports/clock.ts";
import type { Node, NodeSpec } from "../shared/rpc/gen/objects.ts";
import type { CallContext } from "../shared/rpc/handler.ts";
import type { ManagerRuntime } from "./runtimes.ts";

/**
 * A hand-over of leadership, a change of the Raft group and a commit take well under a second; if it takes longer there
 * is no quorum, and a forced leave goes ahead without a demotion.
 */
export const STEP_DOWN_MS_MAX = 4_000;

export interface StepDownDeps {
  readonly nodeId: string;
  readonly manager: Pick<ManagerRuntime, "control" | "status">;
  /** Resolves once the cluster has told this node that it is a worker; rejects when the signal aborts. */
  readonly untilWorker: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Has this manager demoted before it leaves: otherwise it stays a voter that never answers again, and each such leave
 * brings the group closer to losing its quorum. Gives up after STEP_DOWN_MS_MAX, and never throws: a forced leave
 * always goes ahead.
 */
export async function stepDown(deps: StepDownDeps): Promise<void> {
  const { nodeId, manager, clock, log } = deps;
  const { members } = manager.status();
  if (members.length < 2 || !members.some((member) => member.nodeId === nodeId)) return;
  const late = new AbortController();
  const timer = sleep(clock, STEP_DOWN_MS_MAX, "leave: step down", late.signal).then(
    () => late.abort(new SwarmError("deadlineExceeded", "the managers did not agree in time")),
    () => {},
  );
  try {
    const demoted = deps.untilWorker(late.signal);
    demoted.catch(() => {});
    await Promise.race([askForDemotion(deps, late.signal), rejectionOf(late.signal)]);
    await demoted;
    log.info("the other managers go on without this node");
  } catch (error) {
    log.warn("leaving without a demotion: the other managers keep counting this node's vote until it is removed", {
      reason: messageOf(error),
    });
  } finally {
    late.abort(new SwarmError("cancelled", "over"));
    await timer;
  }
}

/** Does what `node demote` on this host does; the leader carries it out, whichever manager is asked. */
async function askForDemotion({ nodeId, manager, clock }: StepDownDeps, signal: AbortSignal): Promise<void> {
  const context: CallContext = {
    caller: { kind: "local" },
    forwardedBy: null,
    signal,
    deadlineMs: clock.wallNow() + STEP_DOWN_MS_MAX,
    metadata: new Metadata(),
  };
  const { node } = await manager.control.getNode.run({ ref: nodeId }, context);
  // Complete, whether this manager or the leader answered: only the type allows a handler to leave fields out.
  const found = mustHave(node, "a node that was found") as Node;
  const spec: NodeSpec = { ...mustHave(found.spec, "a node's spec"), desiredRole: "WORKER" };
  await manager.control.updateNode.run({ ref: nodeId, version: 0, spec }, context);
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
