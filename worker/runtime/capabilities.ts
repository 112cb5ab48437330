import { SwarmError } from "../../shared/errors.ts";

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

/** All that Linux knows (capability.h, by number). */
const ALL_CAPABILITIES: readonly string[] = [
  ...["CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP"],
  ...["LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER"],
  ...["SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE"],
  ...["SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP"],
  ...["MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF"],
  "CHECKPOINT_RESTORE",
].map((name) => `CAP_${name}`);

/**
 * The container's capabilities, sorted. Names with or without CAP_, in any case; ALL means all of them.
 * What is added by name wins over `ALL` taken away, as in Docker.
 * @throws SwarmError invalidArgument for a name Linux does not know.
 */
export function capabilitiesOf(add: readonly string[], drop: readonly string[]): readonly string[] {
  const added = add.map(toName);
  const dropped = drop.map(toName);
  const start = added.includes("ALL") ? ALL_CAPABILITIES : dropped.includes("ALL") ? [] : DEFAULT_CAPABILITIES;
  const kept = [...start, ...added].filter((name) => name !== "ALL" && !dropped.includes(name));
  return [...new Set(kept)].sort();
}

function toName(text: string): string {
  const upper = text.toUpperCase();
  if (upper === "ALL" || upper === "CAP_ALL") return "ALL";
  const name = upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
  if (ALL_CAPABILITIES.includes(name)) return name;
  throw new SwarmError("invalidArgument", `Linux has no capability ${JSON.stringify(text)}`);
}
