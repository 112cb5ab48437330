import type { Guest, Service } from "./rpc/gen/objects.ts";

/**
 * Whether a network that could not be removed just now stays until people do something: a service wants it, or an own
 * container is on it. Otherwise only tasks are, which are ending.
 */
export function isKeptByUsers(
  networkId: string,
  services: readonly { readonly service: Service | null }[],
  guests: readonly Guest[],
): boolean {
  const isWanted = services.some(({ service }) =>
    service?.spec?.task?.networks.some(({ target }) => target === networkId),
  );
  return isWanted || guests.length > 0;
}
