import { SwarmError } from "../errors.ts";
import type { ContainerSpec } from "../rpc/gen/objects.ts";
import { type DockerJson, isEmpty, unlessEmpty } from "./common.ts";

type Privileges = Pick<
  ContainerSpec,
  "noNewPrivileges" | "seccomp" | "apparmor" | "unconfinedPaths" | "writableCgroups"
>;

/**
 * `Privileges` of a service's containers. Docker's words where it has some; a named profile of AppArmor, and the last
 * two, are of single containers there.
 */
export function toDockerPrivileges(container: Privileges): DockerJson {
  const { noNewPrivileges, seccomp, apparmor, unconfinedPaths, writableCgroups } = container;
  const said = {
    ...(noNewPrivileges === undefined ? {} : { NoNewPrivileges: noNewPrivileges }),
    ...unlessEmpty("Seccomp", toSeccomp(seccomp)),
    ...unlessEmpty("AppArmor", toAppArmor(apparmor)),
    ...unlessEmpty("UnconfinedPaths", unconfinedPaths),
    ...unlessEmpty("WritableCgroups", writableCgroups),
  };
  return isEmpty(said) ? {} : { ...NO_PRIVILEGES, ...said };
}

/** What Go shows of each where anything is said. */
export const NO_PRIVILEGES: DockerJson = { CredentialSpec: null, SELinuxContext: null };

/** The inverse. @throws SwarmError invalidArgument for labels of SELinux, which hosts do not set. */
export function fromDockerPrivileges(json: DockerJson): Privileges {
  const selinux = (json["SELinuxContext"] ?? {}) as DockerJson;
  if (Object.entries(selinux).some(([key, value]) => key !== "Disable" && value !== "")) {
    throw new SwarmError("invalidArgument", "Privileges.SELinuxContext: hosts give containers no SELinux labels");
  }
  return {
    ...(typeof json["NoNewPrivileges"] === "boolean" ? { noNewPrivileges: json["NoNewPrivileges"] } : {}),
    seccomp: fromSeccomp((json["Seccomp"] ?? {}) as DockerJson),
    apparmor: fromAppArmor((json["AppArmor"] ?? {}) as DockerJson),
    unconfinedPaths: json["UnconfinedPaths"] === true,
    writableCgroups: json["WritableCgroups"] === true,
  };
}

function toSeccomp(seccomp: ContainerSpec["seccomp"]): DockerJson {
  switch (seccomp?.mode) {
    case "UNCONFINED":
      return { Mode: "unconfined" };
    case "CUSTOM":
      // Bytes, to Go: Base64 in JSON.
      return { Mode: "custom", Profile: Buffer.from(seccomp.profile).toString("base64") };
    default:
      return {};
  }
}

function fromSeccomp({ Mode: mode, Profile: profile }: DockerJson): ContainerSpec["seccomp"] {
  if (mode === "unconfined") return { mode: "UNCONFINED", profile: "" };
  if (mode !== "custom") return null;
  return { mode: "CUSTOM", profile: Buffer.from(String(profile ?? ""), "base64").toString() };
}

function toAppArmor(profile: string): DockerJson {
  if (profile === "") return {};
  return profile === "unconfined" ? { Mode: "disabled" } : { Mode: "custom", Profile: profile };
}

function fromAppArmor({ Mode: mode, Profile: profile }: DockerJson): string {
  if (mode === "disabled") return "unconfined";
  return mode === "custom" ? String(profile ?? "") : "";
}

/** The same as `--security-opt` of one container says it. */
export function toSecurityOptions(container: Privileges): readonly string[] {
  const { noNewPrivileges, seccomp, apparmor, writableCgroups } = container;
  return [
    ...(noNewPrivileges === undefined ? [] : [`no-new-privileges${noNewPrivileges ? "" : "=false"}`]),
    ...(seccomp === null ? [] : [`seccomp=${seccomp.mode === "CUSTOM" ? seccomp.profile : "unconfined"}`]),
    ...(apparmor === "" ? [] : [`apparmor=${apparmor}`]),
    ...(writableCgroups ? ["writable-cgroups=true"] : []),
  ];
}
