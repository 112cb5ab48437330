import { affinityKey, affinityText, checkTopology } from "../../shared/affinity.ts";
import { SPEC_LIMITS } from "../../shared/objects/limits.ts";
import type { Service, ServiceSpec } from "../../shared/objects/types.ts";
import type { Affinity } from "../../shared/rpc/gen/objects.ts";
import { SERVICE_MODES } from "../../shared/service-spec/modes.ts";
import { bytesOf, check, checkLimit, quoted } from "../../shared/spec-checks/refuse.ts";
import type { ReadView } from "../store/store-types.ts";
import { findObject } from "./reference.ts";

/** What can be said of affinities without looking at other services. @throws SwarmError invalidArgument. */
export function validateAffinities({ annotations, mode, task }: ServiceSpec): void {
  const affinities = affinitiesOf(task);
  if (affinities.length === 0) return;
  checkLimit(SPEC_LIMITS.affinities, affinities.length);
  check(SERVICE_MODES[mode].isNumbered, "a global service cannot have affinities: its tasks cannot choose their node");
  const seen = new Map<string, Affinity>();
  for (const affinity of affinities) {
    const { service, avoid, topology, soft } = affinity;
    check(service !== "", "an affinity needs the name of a service");
    checkLimit(SPEC_LIMITS.constraint, bytesOf(topology));
    const text = affinityText(affinity);
    if (topology !== "") checkTopology(text, topology);
    const key = affinityKey(affinity).toLowerCase();
    check(!seen.has(key), `the affinity ${quoted(text)} is given twice`);
    const contrary = seen.get(affinityKey({ ...affinity, avoid: !avoid }).toLowerCase());
    check(
      contrary === undefined || soft || contrary.soft,
      `no node can be both near service ${service} and away from it`,
    );
    seen.set(key, affinity);
    check(
      !soft || topology === "" || service.toLowerCase() !== annotations.name.toLowerCase(),
      `a service spreads its own tasks over a label by --placement-pref spread=${topology}, not by a soft affinity`,
    );
  }
}

/**
 * The spec with affinities to services by name, however the caller named them. A service that is gone may stay where
 * the spec had it already.
 * @throws SwarmError notFound for a service that there is not; invalidArgument for services that wait for each other.
 */
export function withAffinityNames(view: ReadView, spec: ServiceSpec, self: string): ServiceSpec {
  const { placement } = spec.task;
  if (placement === null || placement.affinities.length === 0) return spec;
  const own = spec.annotations.name;
  const before = view.get("service", self as Service["id"]);
  const had = new Set([before?.spec, before?.previousSpec].flatMap((each) => affinitiesOf(each?.task)).map(nameKey));
  const affinities = placement.affinities.map((affinity) => {
    if (nameKey(affinity) === own.toLowerCase()) return { ...affinity, service: own };
    if (view.byName("service", affinity.service) === undefined && had.has(nameKey(affinity))) return affinity;
    return { ...affinity, service: findObject(view, "service", affinity.service).spec.annotations.name };
  });
  const resolved = { ...spec, task: { ...spec.task, placement: { ...placement, affinities } } };
  validateAffinities(resolved);
  checkAcyclic(view, resolved);
  return resolved;
}

const affinitiesOf = (task: ServiceSpec["task"] | undefined): readonly Affinity[] => task?.placement?.affinities ?? [];

const nameKey = ({ service }: Affinity): string => service.toLowerCase();

/** Whose tasks there have to be before one of these is placed. */
function waitsFor({ annotations, task }: ServiceSpec): readonly string[] {
  const own = annotations.name.toLowerCase();
  return affinitiesOf(task)
    .filter((affinity) => !affinity.avoid && !affinity.soft && nameKey(affinity) !== own)
    .map(({ service }) => service);
}

/** @throws SwarmError invalidArgument with the whole way round. */
function checkAcyclic(view: ReadView, spec: ServiceSpec): void {
  const own = spec.annotations.name.toLowerCase();
  const visited = new Set<string>();
  const ways = waitsFor(spec).map((service) => [spec.annotations.name, service]);
  for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
    const last = way.at(-1) ?? "";
    const key = last.toLowerCase();
    check(
      key !== own,
      `each of these services would wait for a task of the next one: ${way.join(" -> ")}; make one affinity soft`,
    );
    if (visited.has(key)) continue;
    visited.add(key);
    const next = view.byName("service", last)?.spec;
    ways.push(...(next === undefined ? [] : waitsFor(next)).map((service) => [...way, service]));
  }
}
