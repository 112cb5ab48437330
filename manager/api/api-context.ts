import type { RaftHandle } from "../../raft/raft-handle.ts";
import type { Logger } from "../../shared/log.ts";
import type { CryptoEngine } from "../../shared/pki/ports/crypto-engine.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { DiagnoseRequest, DiagnoseResponse } from "../../shared/rpc/gen/doctor.ts";
import type { ServerStreamHandler } from "../../shared/rpc/handler.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { ImageResolver } from "../ports/image-resolver.ts";
import type { LoginCheck } from "../ports/login-check.ts";
import type { ReadView, Store } from "../store/store-types.ts";
import type { RebalancePlan } from "../tasks/planned-move.ts";

/** What the control API works with. */
export interface ApiContext {
  readonly store: Store;
  readonly raft: RaftHandle;
  readonly images: ImageResolver;
  readonly loginCheck: LoginCheck;
  readonly engine: CryptoEngine;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Examines all hosts (manager/doctor). */
  readonly diagnose: ServerStreamHandler<DiagnoseRequest, Sendable<DiagnoseResponse>>["run"];
  /** Which tasks would be moved now to even out the load; a least gain of 0 is that of the swarm's settings. */
  readonly planMoves: (asked: { readonly gainMin: number; readonly movesMax: number }) => Promise<RebalancePlan>;
}

/**
 * State that includes everything committed before the call, by any leader: without the barrier, a leader that does not
 * know yet that it has been replaced would answer from the past.
 * @throws SwarmError unavailable when this manager cannot prove that it leads.
 */
export async function readCommitted({ raft, store }: Pick<ApiContext, "raft" | "store">): Promise<ReadView> {
  await raft.readBarrier();
  return store.view();
}
