import { ALLOWED_WITH, ALWAYS_ALLOWED, KNOWN_BUT_REFUSED } from "./seccomp-names.ts";

const ALLOW = "SCMP_ACT_ALLOW";
const REFUSE = "SCMP_ACT_ERRNO";
const EPERM = 1;
const ENOSYS = 38;

/**
 * CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET: whoever may make a namespace has a way out.
 */
const CLONE_NAMESPACES = 0x7e02_0000;
const AF_VSOCK = 40;
/** Allowed: Linux, the query, 32-bit uname, and their combination with a layout without randomisation. */
const PERSONALITIES = [0x0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff] as const;

/** One entry of `linux.seccomp.syscalls` in an OCI configuration. */
export interface SeccompRule {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly {
    readonly index: number;
    readonly value: number;
    readonly valueTwo?: number;
    readonly op: string;
  }[];
}

export interface SeccompProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly SeccompRule[];
}

/** Each kernel architecture with those whose programs it runs as well. */
const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  x64: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
  arm64: ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
};

/**
 * The default profile: a list of what is allowed, widened by the container's capabilities.
 * `architecture` is x64 or arm64; another one gets a profile for whatever the runtime was built for.
 */
export function seccompProfile(capabilities: readonly string[], architecture: string): SeccompProfile {
  const allowed = new Set(ALWAYS_ALLOWED);
  for (const capability of capabilities) for (const name of allowedWith(capability)) allowed.add(name);
  const refused = [...Object.values(ALLOWED_WITH).flat(), ...KNOWN_BUT_REFUSED].filter((name) => !allowed.has(name));
  const rules: SeccompRule[] = [
    { names: [...allowed].sort(), action: ALLOW },
    { names: ["socket"], action: ALLOW, args: [{ index: 0, value: AF_VSOCK, op: "SCMP_CMP_NE" }] },
    ...PERSONALITIES.map((value) => ({
      names: ["personality"],
      action: ALLOW,
      args: [{ index: 0, value, op: "SCMP_CMP_EQ" }],
    })),
  ];
  // Its arguments are in memory, where a filter cannot look; without it libc falls back to clone.
  const own = allowed.has("clone") ? [] : ["clone", "clone3"];
  if (own.length > 0) {
    const withoutNamespaces = { index: 0, value: CLONE_NAMESPACES, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" };
    rules.push({ names: ["clone"], action: ALLOW, args: [withoutNamespaces] });
  }
  const names = [...new Set(refused)].filter((name) => !own.includes(name)).sort();
  rules.push({ names, action: REFUSE, errnoRet: EPERM });
  return {
    defaultAction: REFUSE,
    defaultErrnoRet: ENOSYS,
    architectures: Object.hasOwn(ARCHITECTURES, architecture) ? (ARCHITECTURES[architecture] ?? []) : [],
    syscalls: rules,
  };
}

/** A capability is unchecked until the runtime has refused it: one that is not listed allows nothing more. */
function allowedWith(capability: string): readonly string[] {
  return Object.hasOwn(ALLOWED_WITH, capability) ? (ALLOWED_WITH[capability] ?? []) : [];
}
