import type { ServiceId } from "../../shared/ids.ts";
import type { Service } from "../../shared/objects/types.ts";
import type { Change, ReadView } from "../store/store-types.ts";
import { changesFitness } from "./node-fitness.ts";

/**
 * Which services depend on which, as a book that follows the commits: so that what a worker reports of one service's
 * task costs nothing where nobody depends on it.
 */
export class Dependents {
  readonly #byName = new Map<string, Set<ServiceId>>();
  readonly #namesOf = new Map<ServiceId, readonly string[]>();

  /** Begins anew, from all services. */
  rebuild(view: ReadView): void {
    this.#byName.clear();
    this.#namesOf.clear();
    for (const service of view.all("service")) this.#enter(service);
  }

  /** Takes a change in; the services for which it may alter what they wait for. */
  concerned(change: Change): Iterable<ServiceId> {
    switch (change.kind) {
      case "service":
        this.#leave(change.object.id);
        if (change.action !== "remove") this.#enter(change.object);
        return this.#of(nameOf(change.object));
      case "task": {
        const { action, old, object: task } = change;
        const isNews =
          action !== "update" ||
          old?.status.state !== task.status.state ||
          old.desiredState !== task.desiredState ||
          old.generation !== task.generation;
        return isNews ? this.#of(task.serviceAnnotations.name) : [];
      }
      case "node":
        return changesFitness(change) ? [...this.#namesOf.keys()] : [];
      default:
        return [];
    }
  }

  #of(name: string): readonly ServiceId[] {
    return [...(this.#byName.get(name.toLowerCase()) ?? [])];
  }

  #enter(service: Service): void {
    const { id } = service;
    const names = namesIn(service);
    if (names.length === 0) return;
    this.#namesOf.set(id, names);
    for (const name of names) {
      const waiting = this.#byName.get(name) ?? new Set();
      waiting.add(id);
      this.#byName.set(name, waiting);
    }
  }

  #leave(id: ServiceId): void {
    for (const name of this.#namesOf.get(id) ?? []) {
      const waiting = this.#byName.get(name);
      waiting?.delete(id);
      if (waiting?.size === 0) this.#byName.delete(name);
    }
    this.#namesOf.delete(id);
  }
}

/** Of one that is ill it is not known: who waits for it looks again when it is well. */
function nameOf(service: Service): string {
  try {
    return service.spec.annotations.name;
  } catch {
    return "";
  }
}

/** A service that is ill depends on nobody here: what is wrong with it shows where it is decided upon. */
function namesIn(service: Service): readonly string[] {
  try {
    return service.spec.dependsOn.map((each) => each.service.toLowerCase());
  } catch {
    return [];
  }
}
