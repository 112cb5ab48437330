import type { ServiceId } from "../../shared/ids.ts";
import type { Service } from "../../shared/objects/types.ts";
import type { Affinity } from "../../shared/rpc/gen/objects.ts";
import type { ReadView } from "../store/store-types.ts";

/** A service that keeps away from another one. */
export interface Avoider {
  readonly serviceId: ServiceId;
  readonly name: string;
  /** From its nodes if "", or else from all that have the same value of this label. */
  readonly topology: string;
}

/**
 * Which services keep away from which, by their present specs: who stays away from others wants them to stay away, too,
 * whoever is placed first. Kept up to date service by service.
 */
export class Avoiders {
  /** By the lower-case name of who is avoided, then by who does it. */
  readonly #of = new Map<string, Map<ServiceId, readonly Avoider[]>>();
  readonly #avoidedBy = new Map<ServiceId, readonly Affinity[]>();

  of(name: string): readonly Avoider[] {
    return [...(this.#of.get(name.toLowerCase())?.values() ?? [])].flat();
  }

  /** Whether a task of the service keeps others away from more than its own node. */
  reachesFar(serviceId: ServiceId): boolean {
    return this.#avoidedBy.get(serviceId)?.some(({ topology }) => topology !== "") ?? false;
  }

  /** Takes in a service as it now is. @returns whether it kept away from others before. */
  look(view: ReadView, serviceId: ServiceId): boolean {
    const before = this.#avoidedBy.get(serviceId) ?? [];
    for (const { service } of before) this.#forget(service.toLowerCase(), serviceId);
    this.#avoidedBy.delete(serviceId);
    const { name, now } = wishesOf(view.get("service", serviceId));
    if (now.length === 0) return before.length > 0;
    this.#avoidedBy.set(serviceId, now);
    for (const [service, affinities] of Map.groupBy(now, (each) => each.service.toLowerCase())) {
      const avoiders = this.#of.get(service) ?? new Map<ServiceId, readonly Avoider[]>();
      this.#of.set(service, avoiders);
      avoiders.set(
        serviceId,
        affinities.map(({ topology }) => ({ serviceId, name, topology })),
      );
    }
    return before.length > 0;
  }

  #forget(avoided: string, serviceId: ServiceId): void {
    const avoiders = this.#of.get(avoided);
    avoiders?.delete(serviceId);
    if (avoiders?.size === 0) this.#of.delete(avoided);
  }
}

/** An ill service keeps away from nobody: what is wrong with it shows where it is decided upon. */
function wishesOf(service: Service | undefined): { readonly name: string; readonly now: readonly Affinity[] } {
  try {
    const affinities = service?.spec.task.placement?.affinities ?? [];
    return { name: service?.spec.annotations.name ?? "", now: affinities.filter(({ avoid, soft }) => avoid && !soft) };
  } catch {
    return { name: "", now: [] };
  }
}
