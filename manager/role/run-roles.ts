import type { RaftHandle } from "../../raft/raft-handle.ts";
import { SwarmError } from "../../shared/errors.ts";
import { unreachable } from "../../shared/invariant.ts";
import { levelOfFailure } from "../../shared/log.ts";
import type { Node } from "../../shared/objects/types.ts";
import type { NodeRole } from "../../shared/rpc/gen/objects.ts";
import { type ControlLoop, type LoopDeps, runControlLoop } from "../control-loop.ts";
import type { WriteTx } from "../store/store-types.ts";
import { isolate, TroubleBook } from "../trouble.ts";
import { decideRoles, type RoleStep } from "./decide-roles.ts";

/** How often to look at the Raft group: joins and lost connections change it without a commit to the store. */
const LOOK_MS = 500;
/** It is logged that a manager cannot leave when this many looks in a row have found it so. */
const WARN_LOOKS = 3;
/**
 * After this many refusals in a row, the cause is neither another change under way nor a successor that is slow to
 * answer.
 */
const WARN_REFUSALS = 8;
const QUIET_MS = 0;
const DELAY_MS_MAX = 20;
/** There is only one thing to look at: all roles. */
const ROLES = "roles";

export interface RoleDeps extends LoopDeps {
  readonly raft: RaftHandle;
}

/** Makes workers into managers and managers into workers as desired, until the signal. */
export function runRoles(deps: RoleDeps, signal: AbortSignal): Promise<void> {
  return runControlLoop(rolesLoop(deps), deps, signal);
}

type MembershipStep = RoleStep & { readonly kind: "removeMember" | "handOver" };

function rolesLoop({ store, raft, log, random }: RoleDeps): ControlLoop<typeof ROLES> {
  const book = new TroubleBook(log, random);
  let waitingFor = { sentence: "", looks: 0 };
  let refusals = 0;
  return {
    name: "roles",
    scope: "everything",
    quietMs: QUIET_MS,
    delayMsMax: DELAY_MS_MAX,
    everything: () => [ROLES],
    concerned: (change) => (change.kind === "node" ? [ROLES] : []),
    async reconcile(_key, lookAgain) {
      lookAgain(ROLES, LOOK_MS);
      const status = raft.status();
      // The list of members is authoritative only on the leader; if leadership has just ended, this loop ends too.
      if (status.role !== "leader") return;
      const { steps, waiting, troubles } = decideRoles(store.view(), status);
      const sentence = waiting.join("; ");
      waitingFor = { sentence, looks: sentence === waitingFor.sentence ? waitingFor.looks + 1 : 1 };
      // A new leader has not heard from anyone at first; only what lasts is worth a log line, and one is enough.
      if (sentence !== "" && waitingFor.looks === WARN_LOOKS) {
        log.warn("a manager cannot leave yet", { reason: sentence });
      }
      const failed = [...troubles];
      const writes = steps.filter((step) => !isMembershipStep(step));
      if (writes.length > 0) {
        await store.update("bring roles up to date", (tx) => {
          for (const step of writes) {
            isolate(failed, `node ${"nodeId" in step ? step.nodeId : ""}`, () => applyRoleStep(tx, step), undefined);
          }
        });
      }
      // Another look follows anyway: refusals are only counted and logged here.
      book.pass(failed);
      const change = steps.find(isMembershipStep);
      if (change === undefined) return;
      if (await changeMembership(change)) lookAgain(ROLES, 0);
    },
  };

  /**
   * After a refusal by Raft (another change is under way, the successor does not answer) we look again, but not at
   * once.
   */
  async function changeMembership(step: MembershipStep): Promise<boolean> {
    try {
      if (step.kind === "handOver") {
        log.info("handing over leadership, since this manager is to leave the Raft group", { to: step.to });
        await raft.transferLeadership(step.to);
      } else {
        log.info("removing a manager from the Raft group", { raftId: step.raftId, reason: step.why });
        await raft.removeMember(step.raftId);
      }
      refusals = 0;
      return true;
    } catch (error) {
      if (!(error instanceof SwarmError)) throw error;
      refusals++;
      const level = levelOfFailure(refusals, WARN_REFUSALS);
      log[level]("the Raft group could not be changed; trying again", { reason: error.message, refusals });
      return false;
    }
  }
}

function isMembershipStep(step: RoleStep): step is MembershipStep {
  return step.kind === "removeMember" || step.kind === "handOver";
}

function applyRoleStep(tx: WriteTx, step: RoleStep): void {
  if (isMembershipStep(step)) return;
  const node = tx.get("node", step.nodeId);
  if (node === undefined) return;
  switch (step.kind) {
    case "promote":
      if (node.spec.desiredRole === "MANAGER") tx.update("node", withRole(node, "MANAGER"));
      break;
    case "demote":
      if (node.spec.desiredRole === "WORKER") tx.update("node", { ...withRole(node, "WORKER"), managerStatus: null });
      break;
    case "record": {
      const { member } = step;
      // Who leads and who is reachable changes too often to be stored; it is computed on request.
      const managerStatus =
        member === null
          ? null
          : { raftId: member.raftId, address: member.address, leader: false, reachability: "UNKNOWN" as const };
      tx.update("node", { ...node, managerStatus });
      break;
    }
    default:
      unreachable(step);
  }
}

/** Voids all manager certificates issued before (manager/ca/standing.ts). */
function withRole(node: Node, role: NodeRole): Node {
  return { ...node, role, roleGeneration: node.roleGeneration + 1 };
}
