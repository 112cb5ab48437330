import { SPEC_LIMITS } from "../../shared/objects/limits.ts";
import type { Service, ServiceSpec } from "../../shared/objects/types.ts";
import type { Dependency } from "../../shared/rpc/gen/objects.ts";
import { CONDITION_WORDS } from "../../shared/service-spec/dependencies.ts";
import { SERVICE_MODES } from "../../shared/service-spec/modes.ts";
import { check, checkLimit, quoted } from "../../shared/spec-checks/refuse.ts";
import type { ReadView } from "../store/store-types.ts";
import { restartRules } from "../tasks/policies.ts";
import { findObject } from "./reference.ts";

/** What can be said of dependencies without looking at others. @throws SwarmError invalidArgument. */
export function validateDependencies({ annotations, dependsOn }: ServiceSpec): void {
  checkLimit(SPEC_LIMITS.dependencies, dependsOn.length);
  const seen = new Set<string>();
  for (const { service, condition } of dependsOn) {
    check(service !== "", "a dependency needs the name of a service");
    check(
      Object.hasOwn(CONDITION_WORDS, condition),
      `invalid condition ${quoted(String(condition))} of the dependency on ${quoted(service)}: expected started, healthy or completed`,
    );
    const key = service.toLowerCase();
    check(!seen.has(key), `the dependency on service ${quoted(service)} is given twice`);
    seen.add(key);
    check(key !== annotations.name.toLowerCase(), `service ${service} cannot depend on itself`);
  }
}

/**
 * The spec with what it depends on by name, however the caller named it. A service that is gone may stay where the
 * spec had it already, so that other things can still be changed; its tasks say that they wait for it.
 * @throws SwarmError notFound for a service that there is not; invalidArgument for a cycle, and for a condition that
 * can never hold.
 */
export function withDependencyNames(view: ReadView, spec: ServiceSpec, self: string): ServiceSpec {
  if (spec.dependsOn.length === 0) return spec;
  const before = view.get("service", self as Service["id"]);
  const had = new Set([before?.spec, before?.previousSpec].flatMap((each) => each?.dependsOn ?? []).map(nameKey));
  const dependsOn = spec.dependsOn.map((dependency) => {
    if (view.byName("service", dependency.service) === undefined && had.has(nameKey(dependency))) return dependency;
    const other = findObject(view, "service", dependency.service);
    checkPossible(dependency, other);
    return { ...dependency, service: other.spec.annotations.name };
  });
  const resolved = { ...spec, dependsOn };
  validateDependencies(resolved);
  checkAcyclic(view, resolved);
  return resolved;
}

const nameKey = ({ service }: Dependency): string => service.toLowerCase();

function checkPossible({ condition }: Dependency, { spec }: Service): void {
  const { name } = spec.annotations;
  const { isJob } = SERVICE_MODES[spec.mode];
  check(
    condition !== "HEALTHY" || !isJob,
    `service ${name} is a job, whose tasks end: depend on it being started or completed`,
  );
  check(
    condition !== "COMPLETED" || isJob || restartRules(spec.task).condition !== "ANY",
    `service ${name} never completes: it is no job, and its tasks are replaced whenever they end`,
  );
}

/** @throws SwarmError invalidArgument with the whole way round. */
function checkAcyclic(view: ReadView, spec: ServiceSpec): void {
  const own = spec.annotations.name.toLowerCase();
  if (own === "") return;
  const visited = new Set<string>();
  const ways = spec.dependsOn.map(({ service }) => [spec.annotations.name, service]);
  for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
    const last = way.at(-1) ?? "";
    const key = last.toLowerCase();
    check(key !== own, `these services would wait for each other for ever: ${way.join(" -> ")}`);
    if (visited.has(key)) continue;
    visited.add(key);
    const next = view.byName("service", last)?.spec.dependsOn ?? [];
    ways.push(...next.map(({ service }) => [...way, service]));
  }
}

/** Names of the services that depend on this one. */
export function dependentsOf(view: ReadView, { spec }: Service): readonly string[] {
  const key = spec.annotations.name.toLowerCase();
  return view
    .all("service")
    .filter((other) => other.spec.dependsOn.some((dependency) => nameKey(dependency) === key))
    .map((other) => other.spec.annotations.name);
}
