import { parseAutoscale } from "../../shared/autoscale.ts";
import type { ServiceSpec } from "../../shared/objects/types.ts";
import { DEFAULT_REPLICAS } from "../../shared/service-spec/defaults.ts";
import { check } from "../../shared/spec-checks/refuse.ts";

/**
 * Rules for a service's number of tasks need something that their percentages are of.
 * @throws SwarmError invalidArgument.
 */
export function validateAutoscale(spec: ServiceSpec): void {
  if (spec.mode !== "replicated" || spec.replicated.autoscale === "") return;
  const { min, max, cpuPercent, memoryPercent } = parseAutoscale(spec.replicated.autoscale);
  const { replicas } = spec.replicated;
  const { limits, reservations } = spec.task;
  check(
    cpuPercent === null || (reservations?.nanoCpus || limits?.nanoCpus || 0) > 0,
    `autoscale by cpu=${cpuPercent}% needs --reserve-cpu or --limit-cpu: it is a percentage of what a task reserves, or else of its limit`,
  );
  check(
    memoryPercent === null || (reservations?.memoryBytes || limits?.memoryBytes || 0) > 0,
    `autoscale by memory=${memoryPercent}% needs --reserve-memory or --limit-memory: it is a percentage of what a task reserves, or else of its limit`,
  );
  // Hosts read the groups that they make themselves; of another nothing would ever be measured.
  check(
    spec.task.container.cgroupParent === "",
    "autoscale cannot measure tasks with --cgroup-parent: leave out one of them",
  );
  // The number that nobody gave is none to complain about: the least one takes its place.
  check(replicas === DEFAULT_REPLICAS || (replicas >= min && replicas <= max), outside(replicas, min, max));
}

/** @throws SwarmError invalidArgument for a number that somebody gave and the service's rules do not allow. */
export function checkGivenReplicas(spec: ServiceSpec): void {
  if (spec.mode !== "replicated" || spec.replicated.autoscale === "") return;
  const { min, max } = parseAutoscale(spec.replicated.autoscale);
  const { replicas } = spec.replicated;
  check(replicas >= min && replicas <= max, outside(replicas, min, max));
}

const outside = (replicas: number, min: number, max: number): string =>
  `invalid number of replicas ${replicas}: autoscale allows ${min} to ${max}; change it with --autoscale, or end it with --autoscale ""`;
