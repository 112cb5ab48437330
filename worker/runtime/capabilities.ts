import { SwarmError } from "../../shared/errors.ts";
import { ALL_CAPABILITIES, parseCapability } from "../../shared/linux/capabilities.ts";
import { UNKNOWN_CAPACITY } from "./host-capacity.ts";

/** What root in a container may do unless the service says otherwise: Docker's fourteen. */
export const DEFAULT_CAPABILITIES = [
  "CAP_AUDIT_WRITE",
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_MKNOD",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_RAW",
  "CAP_SETFCAP",
  "CAP_SETGID",
  "CAP_SETPCAP",
  "CAP_SETUID",
  "CAP_SYS_CHROOT",
] as const;

/**
 * The container's capabilities, sorted. Names with or without CAP_, in any case; ALL means all that the host has. A
 * capability added by name overrides a dropped `ALL`, as in Docker.
 * @throws SwarmError invalidArgument for a name Linux does not know; failedPrecondition for one that this host cannot
 * give.
 */
export function capabilitiesOf(
  add: readonly string[],
  drop: readonly string[],
  host: ReadonlySet<string> = UNKNOWN_CAPACITY.capabilities,
): readonly string[] {
  const added = add.map(parseCapability);
  const dropped = drop.map(parseCapability);
  const lacking = added.find((name) => name !== "ALL" && !dropped.includes(name) && !host.has(name));
  if (lacking !== undefined) {
    throw new SwarmError("failedPrecondition", `this host has no capability ${lacking} to give to a container`);
  }
  const start = added.includes("ALL") ? ALL_CAPABILITIES : dropped.includes("ALL") ? [] : DEFAULT_CAPABILITIES;
  const kept = [...start, ...added].filter((name) => host.has(name) && !dropped.includes(name));
  return [...new Set(kept)].sort();
}
