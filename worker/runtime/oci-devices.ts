import { mustHave } from "../../shared/invariant.ts";

/** A device as the OCI configuration lists it: the runtime makes a node for it. */
export interface OciDevice {
  /** In the container. */
  readonly path: string;
  readonly type: "b" | "c";
  readonly major: number;
  readonly minor: number;
  /** Permission bits. */
  readonly fileMode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What may be done with devices, as the OCI configuration lists it. No number = any. */
export interface OciDeviceRule {
  readonly allow: boolean;
  readonly type?: "a" | "b" | "c";
  readonly major?: number;
  readonly minor?: number;
  readonly access: string;
}

/** Nothing but what the runtime allows every container: null, zero, random and the like. */
const NOTHING: OciDeviceRule = { allow: false, access: "rwm" };
const EVERYTHING: OciDeviceRule = { allow: true, access: "rwm" };

/** A device of the host that a container gets, with what it may do with it. */
export interface GrantedDevice {
  readonly device: OciDevice;
  readonly access: string;
}

/** `rules` are texts such as "c 188:* rwm", which were checked when the service was created. */
export function deviceRules(
  granted: readonly GrantedDevice[],
  rules: readonly string[],
  isPrivileged: boolean,
): readonly OciDeviceRule[] {
  if (isPrivileged) return [EVERYTHING];
  const own = granted.map(({ device: { type, major, minor }, access }) => ({
    ...{ allow: true, type, major, minor, access },
  }));
  return [NOTHING, ...own, ...rules.map(parseRule)];
}

function parseRule(text: string): OciDeviceRule {
  const [type, numbers, access] = text.split(" ");
  const [major, minor] = mustHave(numbers, "the numbers of a device rule").split(":");
  return {
    allow: true,
    type: type as "a" | "b" | "c",
    ...(major === "*" ? {} : { major: Number(major) }),
    ...(minor === "*" ? {} : { minor: Number(minor) }),
    access: mustHave(access, "the permissions of a device rule"),
  };
}
