import { SwarmError } from "../errors.ts";
import { isPrintable } from "../visible-text.ts";
import { HOST_LIMITS } from "./limits.ts";

/**
 * A host's name, as lists show it and constraints compare it. A blank would make one host look like two in a list, and
 * no DNS name contains one.
 * @throws SwarmError invalidArgument.
 */
export function parseHostname(text: string): string {
  const { max } = HOST_LIMITS.hostname;
  if (text.length > max || !isPrintable(text) || /\s/.test(text)) {
    const shown = JSON.stringify(text.slice(0, max));
    throw new SwarmError(
      "invalidArgument",
      `invalid host name ${shown}: it must be printable, without blanks, of at most ${max} characters`,
    );
  }
  return text;
}

/** The kernel's UTS namespace would allow one more. */
export const CONTAINER_HOSTNAME_LENGTH_MAX = 63;
/**
 * What a container's host name may look like: it is written to /etc/hosts, and other programs treat it as a DNS name.
 * With underscores, since names of services in stacks have one, and many files say `{{.Service.Name}}-{{.Task.Slot}}`.
 */
export const CONTAINER_HOSTNAME = /^[a-zA-Z0-9_](?:[a-zA-Z0-9._-]*[a-zA-Z0-9_])?$/;

export function isContainerHostname(text: string): boolean {
  return CONTAINER_HOSTNAME.test(text) && text.length <= CONTAINER_HOSTNAME_LENGTH_MAX;
}

/** Docker shows the first twelve characters of a container's id as its host name; here they are the task's. */
const DEFAULT_LENGTH = 12;

/** The host name of a task's container. `asked`: by its service, templates filled in; "" = none. */
export function containerHostname(asked: string, taskId: string): string {
  return asked || taskId.slice(0, DEFAULT_LENGTH);
}
