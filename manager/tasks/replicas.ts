import { type AutoscaleRules, parseAutoscale } from "../../shared/autoscale.ts";
import type { Service, ServiceSpec } from "../../shared/objects/types.ts";

/** The rules by which a service has a number of tasks that changes by itself; null = it has none. */
export function autoscaleOf(service: Pick<Service, "spec">): AutoscaleRules | null {
  try {
    const { spec } = service;
    if (spec.mode !== "replicated" || spec.replicated.autoscale === "") return null;
    return parseAutoscale(spec.replicated.autoscale);
  } catch {
    // The API refuses such rules; in a store from elsewhere they are as good as none, as is a service that is ill.
    return null;
  }
}

/**
 * How many tasks a replicated service should have now. With rules for its number that is what was last decided by them
 * or, before that, what its spec says; always within their bounds. A new spec does not change what was decided, unless
 * it says another number.
 */
export function replicasOf(service: Service): number {
  const { spec, autoscaleStatus } = service;
  if (spec.mode !== "replicated") return 0;
  const rules = autoscaleOf(service);
  const { replicas } = spec.replicated;
  if (rules === null) return replicas;
  return Math.min(rules.max, Math.max(rules.min, autoscaleStatus?.replicas ?? replicas));
}

/**
 * What was decided about the number of tasks outlasts a new spec, or else each deployment would throw a busy service
 * back to the number in its file. Another number than before, or one that somebody has just given, begins anew.
 */
export function autoscaleStatusAfter(
  { spec: before, autoscaleStatus }: Service,
  spec: ServiceSpec,
  isGiven: boolean,
): Service["autoscaleStatus"] {
  if (spec.mode !== "replicated" || before.mode !== "replicated" || spec.replicated.autoscale === "") return null;
  const isSame = before.replicated.autoscale !== "" && before.replicated.replicas === spec.replicated.replicas;
  return isSame && !isGiven ? autoscaleStatus : null;
}
