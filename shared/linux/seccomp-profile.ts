/** More is no filter that people wrote, and every task carries a copy. */
const PROFILE_LENGTH_MAX = 131_072;
/** Without SCMP_ACT_NOTIFY, which asks a program of the host about every call. */
const ACTIONS: readonly string[] = [
  "ALLOW",
  "ERRNO",
  "KILL",
  "KILL_PROCESS",
  "KILL_THREAD",
  "LOG",
  "TRACE",
  "TRAP",
].map((word) => `SCMP_ACT_${word}`);
const OPERATORS = new Set(["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"].map((word) => `SCMP_CMP_${word}`));

/** When a rule holds or does not: architectures by Go's names, capabilities with CAP_, and the kernel's version. */
export interface ProfileCondition {
  readonly arches?: readonly string[];
  readonly caps?: readonly string[];
  readonly minKernel?: string;
}

/** A rule of a profile as Docker's files have it. */
export interface ProfileRule {
  readonly name?: string;
  readonly names?: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly {
    readonly index: number;
    readonly value: number;
    readonly valueTwo?: number;
    readonly op: string;
  }[];
  readonly includes?: ProfileCondition;
  readonly excludes?: ProfileCondition;
}

/** A seccomp profile as Docker's files have it, those of the OCI specification among them. */
export interface ProfileFile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly string[] | null;
  readonly archMap?: readonly { readonly architecture: string; readonly subArchitectures?: readonly string[] | null }[];
  readonly syscalls?: readonly ProfileRule[] | null;
}

/** What is wrong with the text of a profile, in one sentence; null = nothing. */
export function complaintOfProfile(text: string): string | null {
  if (text.length > PROFILE_LENGTH_MAX) return `the seccomp profile is longer than ${PROFILE_LENGTH_MAX} characters`;
  let profile: Partial<ProfileFile>;
  try {
    profile = JSON.parse(text);
  } catch {
    return "the seccomp profile is not JSON";
  }
  if (typeof profile !== "object" || profile === null || Array.isArray(profile)) {
    return "the seccomp profile is no object of JSON";
  }
  if (!isAction(profile.defaultAction)) {
    return `the seccomp profile has no valid defaultAction: expected one of ${ACTIONS.join(", ")}`;
  }
  if (!isList(profile.syscalls ?? [], (rule) => typeof rule === "object" && rule !== null)) {
    return "syscalls of the seccomp profile is no list of rules";
  }
  for (const [at, rule] of (profile.syscalls ?? []).entries()) {
    const complaint = complaintOfRule(rule);
    if (complaint !== null) return `rule ${at + 1} of the seccomp profile ${complaint}`;
  }
  const { archMap, architectures } = profile;
  if (!isList(archMap ?? [], (each) => typeof each === "object" && each !== null && "architecture" in each)) {
    return "archMap of the seccomp profile is no list of architectures";
  }
  const words = (archMap ?? []).flatMap(({ architecture, subArchitectures }) => [architecture, subArchitectures ?? []]);
  const isKnown = [...words, architectures ?? []].flat().every((word) => /^SCMP_ARCH_[A-Z0-9_]+$/.test(String(word)));
  return isKnown ? null : "architectures of the seccomp profile are no words such as SCMP_ARCH_X86_64";
}

function complaintOfRule({ name, names, action, args }: ProfileRule): string | null {
  const all = name === undefined ? names : [...(names ?? []), name];
  if (all === undefined || !isList(all, (word) => typeof word === "string" && /^[a-z0-9_]+$/i.test(word))) {
    return "has no list of names of system calls";
  }
  if (!isAction(action)) return `has no valid action: expected one of ${ACTIONS.join(", ")}`;
  const areArguments = isList(args ?? [], (each) => {
    const { index, op } = each as { readonly index?: unknown; readonly op?: unknown };
    return Number.isInteger(index) && Number(index) >= 0 && Number(index) < ARGUMENTS && OPERATORS.has(String(op));
  });
  return areArguments ? null : "has an argument without a valid index (0 to 5) and op (SCMP_CMP_...)";
}
/** A system call has no more. */
const ARGUMENTS = 6;

function isAction(word: unknown): boolean {
  return typeof word === "string" && ACTIONS.includes(word);
}

function isList(value: unknown, isElement: (element: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isElement);
}
