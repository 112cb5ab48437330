import { SwarmError } from "../shared/errors.ts";

/** The API's versions are 1.X; these are the X. */
export const MINOR_MIN = 24;
export const MINOR_MAX = 50;
export const API_VERSION = `1.${MINOR_MAX}`;
export const API_VERSION_MIN = `1.${MINOR_MIN}`;

/** A path without its version, and the minor version that it asks for: the newest when it names none. */
export interface VersionedPath {
  readonly minor: number;
  readonly path: string;
}

/** @throws SwarmError invalidArgument for a version that is not offered. */
export function splitVersion(path: string): VersionedPath {
  const [, version, rest = ""] = /^\/v([0-9.]+)(\/.*)$/.exec(path) ?? [];
  if (version === undefined) return { minor: MINOR_MAX, path };
  const [, major = "", minor = ""] = /^(\d{1,6})\.(\d{1,6})$/.exec(version) ?? [];
  if (major === "") throw new SwarmError("invalidArgument", `invalid API version ${version}: it is MAJOR.MINOR`);
  const isAtLeast = (least: number): boolean => Number(major) > 1 || (Number(major) === 1 && Number(minor) >= least);
  if (!isAtLeast(MINOR_MIN)) {
    throw new SwarmError(
      "invalidArgument",
      `client version ${version} is too old. Minimum supported API version is ${API_VERSION_MIN}, please upgrade your client to a newer version`,
    );
  }
  if (isAtLeast(MINOR_MAX + 1)) {
    throw new SwarmError(
      "invalidArgument",
      `client version ${version} is too new. Maximum supported API version is ${API_VERSION}`,
    );
  }
  return { minor: Number(minor), path: rest };
}
