import { SwarmError } from "../errors.ts";
import type { ContainerSpec } from "../rpc/gen/objects.ts";

/** The fields of a container that --security-opt sets; undefined = back to what holds for those that do not say. */
export type SecurityChange = {
  readonly [Name in "noNewPrivileges" | "seccomp" | "apparmor" | "unconfinedPaths" | "writableCgroups"]?:
    | ContainerSpec[Name]
    | undefined;
};

const WORDS =
  "no-new-privileges[=false|=default], seccomp=FILE|unconfined|builtin, apparmor=PROFILE|unconfined|default, " +
  "systempaths=unconfined|default, writable-cgroups=true|false, label=disable";
const SWITCHES = new Map<string, boolean | undefined>([
  ["", true],
  ["true", true],
  ["false", false],
  ["default", undefined],
]);

/**
 * Docker's words, with `=` or, as in old times, a colon; `default` is ours and undoes a setting. The last of a kind
 * counts. A seccomp profile is read here, so that hosts need no file of their own.
 * @returns null when there is none. @throws SwarmError invalidArgument for any other option.
 */
export function parseSecurityOptions(
  texts: readonly string[],
  readTextFile: (path: string) => string,
): SecurityChange | null {
  if (texts.length === 0) return null;
  return Object.assign({}, ...texts.map((text) => changeOf(text, readTextFile))) as SecurityChange;
}

function changeOf(text: string, readTextFile: (path: string) => string): SecurityChange {
  const [, name = "", value = ""] = /^([a-z-]+)(?:[=:](.*))?$/s.exec(text) ?? [];
  const wrong = (): Error => refusal(`invalid --security-opt "${text}": expected ${WORDS}`);
  switch (name) {
    case "no-new-privileges":
      if (!SWITCHES.has(value)) throw wrong();
      return { noNewPrivileges: SWITCHES.get(value) };
    case "writable-cgroups":
      if (!SWITCHES.has(value)) throw wrong();
      return { writableCgroups: SWITCHES.get(value) ?? false };
    case "systempaths":
      if (value !== "unconfined" && value !== "default") throw wrong();
      return { unconfinedPaths: value === "unconfined" };
    case "apparmor":
      if (value === "") throw wrong();
      return { apparmor: value === "default" ? "" : value };
    case "seccomp":
      if (value === "") throw wrong();
      return { seccomp: seccompOf(value, readTextFile) };
    case "label":
      // No container has an SELinux label of its own here, so there is nothing to switch off.
      if (value === "disable") return {};
      throw refusal(`--security-opt ${text} is not possible: hosts give containers no SELinux labels`);
    default:
      throw wrong();
  }
}

function seccompOf(value: string, readTextFile: (path: string) => string): ContainerSpec["seccomp"] {
  if (value === "unconfined") return { mode: "UNCONFINED", profile: "" };
  if (value === "builtin" || value === "default") return null;
  const profile = readTextFile(value);
  try {
    // Without its blanks: it becomes a part of the spec, of which every task carries a copy.
    return { mode: "CUSTOM", profile: JSON.stringify(JSON.parse(profile)) };
  } catch {
    throw refusal(`the seccomp profile ${value} is not JSON`);
  }
}

function refusal(sentence: string): SwarmError {
  return new SwarmError("invalidArgument", sentence);
}
