import { SwarmError } from "../errors.ts";
import { DOORS, type Door } from "./doors.ts";
import { HOST_SERVICES } from "./host-service-names.ts";

const PACKAGE = "swarm.v1";

/** By `/package.Service/Method`. */
const HOST_DOORS: ReadonlyMap<string, Door> = new Map(
  HOST_SERVICES.flatMap((service) =>
    Object.entries(DOORS[service]).map(
      ([method, door]) => [`/${PACKAGE}.${capitalized(service)}/${capitalized(method)}`, door as Door] as const,
    ),
  ),
);

/**
 * The door of a method of a host's engine. It is all that a manager knows about one.
 * @throws SwarmError unimplemented for any other path.
 */
export function doorOfHostCall(path: string): Door {
  const door = HOST_DOORS.get(path);
  if (door !== undefined) return door;
  const sentence = `no host has the call ${path.slice(0, 100)}, as far as the leader knows: is it of an earlier release?`;
  throw new SwarmError("unimplemented", sentence);
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
