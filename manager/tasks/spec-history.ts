import { createId } from "../../shared/ids.ts";
import { unreachable } from "../../shared/invariant.ts";
import type { EarlierSpec, Service, ServiceSpec } from "../../shared/objects/types.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { SpecOrigin } from "../../shared/rpc/gen/objects.ts";
import type { ReadView, WriteTx } from "../store/store-types.ts";
import { autoscaleStatusAfter } from "./replicas.ts";
import { sameData } from "./same-data.ts";
import { serviceProgress } from "./service-progress.ts";

/** Earlier specs of a service that are kept: with the present one they are ten, as many as people look back. */
export const EARLIER_SPECS_MAX = 9;

/** What changes about a service together with its spec. */
export type SpecChange = Pick<Service, "spec" | "previousSpec" | "updateStatus" | "canary" | "preDeploy"> &
  Partial<Pick<Service, "jobStatus" | "autoscaleStatus">>;

/**
 * Writes a service's next spec, and keeps the one that it takes the place of as an object of its own. It is the only
 * way in which a spec is replaced, so whatever ever ran everywhere can be gone back to.
 *
 * Invariants: (1) every spec of a service is its present one or was kept when it was replaced; (2) the newest kept spec
 * that came to run everywhere stays, however many follow; (3) besides that one, at most EARLIER_SPECS_MAX are kept.
 */
export function writeNextSpec(
  tx: WriteTx,
  service: Service,
  change: SpecChange,
  { origin, random }: { readonly origin: SpecOrigin; readonly random: Random },
): void {
  tx.create("earlierSpec", {
    id: createId<EarlierSpec["id"]>(random),
    meta: { version: 0, createdAtMs: 0, updatedAtMs: 0 },
    serviceId: service.id,
    generation: service.generation,
    spec: service.spec,
    origin: service.origin,
    outcome: outcomeOf(tx, service, origin.cause),
    message: service.updateStatus?.message ?? "",
  });
  // Also of a spec that is gone back to, unless the change says otherwise.
  const autoscaleStatus = autoscaleStatusAfter(service, change.spec, false);
  tx.update("service", { ...service, autoscaleStatus, ...change, generation: service.generation + 1, origin });
  for (const { id } of surplusSpecs(earlierSpecs(tx, service.id))) tx.remove("earlierSpec", id);
}

/** The specs that a service had and could go back to, oldest first. */
export function earlierSpecs(view: ReadView, serviceId: Service["id"]): readonly EarlierSpec[] {
  return view.referring("earlierSpec", "service", serviceId).toSorted((a, b) => a.generation - b.generation);
}

/** Which of the earlier specs one is, by what its tasks run; 0 = none that is kept. */
export function generationOf(view: ReadView, serviceId: Service["id"], { task }: ServiceSpec): number {
  return earlierSpecs(view, serviceId).findLast(({ spec }) => sameData(spec.task, task))?.generation ?? 0;
}

/** Oldest first, as are those given: what is more than is kept. */
function surplusSpecs(specs: readonly EarlierSpec[]): readonly EarlierSpec[] {
  const lastGood = specs.findLast(({ outcome }) => outcome === "COMPLETED");
  return specs.slice(0, -EARLIER_SPECS_MAX).filter((spec) => spec !== lastGood);
}

/** How a spec fared, told at the moment when the next one takes its place. */
function outcomeOf(view: ReadView, service: Service, next: SpecOrigin["cause"]): EarlierSpec["outcome"] {
  if (next === "FAILED_BACK") return "ROLLED_BACK";
  if (next === "ABORTED") return "ABORTED";
  const state = service.updateStatus?.state ?? "UNKNOWN";
  switch (state) {
    case "PAUSED":
    case "ROLLBACK_PAUSED":
      return "PAUSED";
    case "COMPLETED":
    case "ROLLBACK_COMPLETED":
      return "COMPLETED";
    case "UPDATING":
    case "ROLLBACK_STARTED":
      return "OVERTAKEN";
    case "CANARY":
      return "CANARY";
    case "UNKNOWN":
      // A first spec, a job's, or one for which nothing had to be replaced.
      return serviceProgress(view, service.id).converged ? "COMPLETED" : "OVERTAKEN";
    default:
      return unreachable(state);
  }
}
