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

/** Joins and lost connections change the Raft group without a commit to the store, so it is looked at this often. */
const LOOK_MS = 500;
/** That a manager cannot leave is logged when this many looks in a row found it so. */
const WARN_LOOKS = 3;
/** After this many refusals in a row it is neither a change that was under way nor an heir slow to answer. */
const WARN_REFUSALS = 8;
const QUIET_MS = 0;
const DELAY_MS_MAX = 20;
/** There is only one thing to look at: all roles. */
const ROLES = "roles";

export interface RoleDeps extends LoopDeps {
  readonly raft: RaftHandle;
}

/** Makes managers of workers and workers of managers as people want it, until the signal. */
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
      // Its list of members is only binding on the leader; leadership that just ended ends this loop too.
      if (status.role !== "leader") return;
      const { steps, waiting, troubles } = decideRoles(store.view(), status);
      const sentence = waiting.join("; ");
      waitingFor = { sentence, looks: sentence === waitingFor.sentence ? waitingFor.looks + 1 : 1 };
      // A new leader has heard of nobody at first; only what lasts is worth a line, and one is enough.
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
      // Another look comes anyway: here they are only counted and logged.
      book.pass(failed);
      const change = steps.find(isMembershipStep);
      if (change === undefined) return;
      if (await changeMembership(change)) lookAgain(ROLES, 0);
    },
  };

  /** A refusal of Raft (another change is under way, the heir does not answer) is met by looking again, not at once. */
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
      // Who leads and who is reachable changes too often to be stored; it is computed when somebody asks.
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

/** Voids every certificate issued before, for those of a manager (manager/ca/standing.ts). */
function withRole(node: Node, role: NodeRole): Node {
  return { ...node, role, roleGeneration: node.roleGeneration + 1 };
}
