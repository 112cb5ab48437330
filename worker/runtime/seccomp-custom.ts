import { SwarmError } from "../../shared/errors.ts";
import {
  complaintOfProfile,
  type ProfileCondition,
  type ProfileFile,
  type ProfileRule,
} from "../../shared/linux/seccomp-profile.ts";
import { parseExact } from "./oci-json.ts";
import type { SeccompProfile, SeccompRule } from "./seccomp.ts";

/** What decides which rules of a profile hold. */
export interface ProfileContext {
  readonly capabilities: readonly string[];
  /** The host's, as Node.js names it: x64, arm64. */
  readonly architecture: string;
  /** The kernel's release: 6.1.0-18-amd64. */
  readonly kernel: string;
}

const EPERM = 1;
/** Go's names, which profiles have, of what Node.js names differently. */
const GO_NAMES = new Map([
  ["x64", "amd64"],
  ["ia32", "386"],
]);
/** The name of a profile's archMap for each architecture. */
const MAIN_ARCHITECTURES = new Map([
  ["x64", "SCMP_ARCH_X86_64"],
  ["arm64", "SCMP_ARCH_AARCH64"],
]);

/**
 * A profile that people wrote, as the OCI specification has it: Docker's conditions are decided here.
 * @throws SwarmError invalidArgument.
 */
export function customProfile(text: string, context: ProfileContext): SeccompProfile {
  const complaint = complaintOfProfile(text);
  if (complaint !== null) throw new SwarmError("invalidArgument", complaint);
  const file = parseExact(text) as ProfileFile;
  return {
    defaultAction: file.defaultAction,
    ...(file.defaultAction === "SCMP_ACT_ERRNO" ? { defaultErrnoRet: file.defaultErrnoRet ?? EPERM } : {}),
    architectures: architecturesOf(file, context.architecture),
    syscalls: (file.syscalls ?? []).filter((rule) => holds(rule, context)).map(toOci),
  };
}

function architecturesOf({ architectures, archMap }: ProfileFile, host: string): readonly string[] {
  if (architectures && architectures.length > 0) return architectures;
  const entry = (archMap ?? []).find(({ architecture }) => architecture === MAIN_ARCHITECTURES.get(host));
  return entry === undefined ? [] : [entry.architecture, ...(entry.subArchitectures ?? [])];
}

/** All that is included must hold, and nothing that is excluded may. */
function holds({ includes = {}, excludes = {} }: ProfileRule, context: ProfileContext): boolean {
  const architecture = GO_NAMES.get(context.architecture) ?? context.architecture;
  const has = (name: string): boolean => context.capabilities.includes(name);
  const isAtLeast = ({ minKernel }: ProfileCondition): boolean => compare(context.kernel, minKernel ?? "0") >= 0;
  const isIncluded =
    (!includes.arches?.length || includes.arches.includes(architecture)) &&
    (includes.caps ?? []).every(has) &&
    isAtLeast(includes);
  const isExcluded =
    excludes.arches?.includes(architecture) === true ||
    (excludes.caps ?? []).some(has) ||
    (excludes.minKernel !== undefined && excludes.minKernel !== "" && isAtLeast(excludes));
  return isIncluded && !isExcluded;
}

/** By the first two numbers, which is what profiles name. */
function compare(one: string, other: string): number {
  const [a = 0, b = 0] = one.split(/[.-]/).map(Number);
  const [c = 0, d = 0] = other.split(/[.-]/).map(Number);
  return a - c || b - d;
}

function toOci({ name, names = [], action, errnoRet, args }: ProfileRule): SeccompRule {
  return {
    names: name === undefined ? names : [...names, name],
    action,
    // Other actions have no such number, and runtimes refuse one.
    ...(action === "SCMP_ACT_ERRNO" ? { errnoRet: errnoRet ?? EPERM } : {}),
    ...(args === undefined || args === null || args.length === 0 ? {} : { args }),
  };
}
