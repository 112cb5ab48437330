import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import type { NetworkedContainer } from "../ports/host-network.ts";
import { ingressId } from "./ingress.ts";

type Place = NetworkedContainer["networks"][number];

/** The networks besides ingress on which the task has an address: then it has neighbours to call by name. */
export function ownPlaces({ networks }: NetworkedContainer, tables: readonly NetworkTable[]): readonly Place[] {
  return networks.filter((place) => place.networkId !== ingressId(tables) && hasAddress(place));
}

/** The same, with whether a network has no way out. */
export function userPlaces(
  task: NetworkedContainer,
  tables: readonly NetworkTable[],
): readonly (Place & { readonly isInternal: boolean })[] {
  const internal = new Set(
    tables.filter(({ network }) => network?.spec?.internal === true).map(({ network }) => network?.id),
  );
  return ownPlaces(task, tables).map((place) => ({ ...place, isInternal: internal.has(place.networkId) }));
}

/** Its place on the ingress network; null = its service publishes nothing there. */
export function ingressPlace({ networks }: NetworkedContainer, tables: readonly NetworkTable[]): Place | null {
  return networks.find(({ networkId }) => networkId === ingressId(tables)) ?? null;
}

export function hasDriver({ networks }: NetworkedContainer, driver: string): boolean {
  return networks.some((place) => place.driver === driver);
}

export function hasAddress({ address, address6 }: Place): boolean {
  return address !== "" || address6 !== "";
}
