import { SwarmError } from "../errors.ts";
import type { LogDriver } from "../rpc/gen/objects.ts";
import { SPEC_LIMITS } from "./limits.ts";
import { ATTRIBUTE_OPTIONS, checkTag } from "./log-attributes.ts";
import { isDestinationOption, logDestination, SENDING_DRIVERS } from "./log-destination.ts";

/** How much of a container's log is kept. */
export interface LogLimits {
  /** Once a file has grown to this many bytes, the next one is begun. */
  readonly bytesMax: number;
  /** Number of files, including the one being written; at least 2. */
  readonly filesMax: number;
}

/** If the service does not say: as much as a person will read, and not enough to fill a disk. */
export const DEFAULT_LOG_LIMITS: LogLimits = { bytesMax: 10_000_000, filesMax: 3 };

/** Anything smaller has no room for even a few lines. */
export const LOG_FILE_BYTES_MIN = 1_000;

/** Docker's two drivers, and the name of the format that both use here. */
const FILE_DRIVERS: readonly string[] = ["json-file", "local", "k8s-file"];
/** Drivers that keep a log here. */
export const LOG_DRIVERS: readonly string[] = [...FILE_DRIVERS, ...SENDING_DRIVERS];
const OFFERED = `expected ${LOG_DRIVERS.join(", ")} or none`;
/** Further options of Docker's drivers that describe what we do anyway: the only value allowed for each. */
const GIVEN = new Map([
  ["mode", "blocking"],
  ["compress", "false"],
  ["cache-disabled", "false"],
  ["cache-compress", "false"],
]);
const UNITS = new Map([
  ["", 1],
  ["k", 1e3],
  ["m", 1e6],
  ["g", 1e9],
  ["t", 1e12],
]);

/**
 * How much of a container's log is kept with this driver; null = nothing.
 * @throws SwarmError invalidArgument that says what is supported.
 */
export function logLimits(driver: LogDriver | null, otherwise = DEFAULT_LOG_LIMITS): LogLimits | null {
  if (driver === null) return otherwise;
  const { name } = driver;
  const options = Object.entries(driver.options);
  if (name === "none") {
    for (const [key] of options) throw refused(`log driver none has no option ${JSON.stringify(key)}: it keeps no log`);
    return null;
  }
  if (name !== "" && !LOG_DRIVERS.includes(name)) {
    throw refused(`unknown log driver ${JSON.stringify(name)}: ${OFFERED}`);
  }
  logDestination(driver);
  let { bytesMax, filesMax } = otherwise;
  // What is sent is kept here, too: Docker calls it the cache.
  const prefix = SENDING_DRIVERS.includes(name) ? "cache-" : "";
  for (const [key, value] of options) {
    if (key === `${prefix}max-size`) bytesMax = parseSize(value);
    else if (key === `${prefix}max-file`) filesMax = parseCount(value);
    else if (isDestinationOption(name, key)) continue;
    else if (ATTRIBUTE_OPTIONS.has(key)) checkAttribute(key, value);
    else if (GIVEN.get(key) !== value) throw refusedOption(name, key, value);
  }
  // A single file would start empty each time it fills up; two of half the size take no more room.
  return filesMax === 1 ? { bytesMax: Math.ceil(bytesMax / 2), filesMax: 2 } : { bytesMax, filesMax };
}

function checkAttribute(key: string, value: string): void {
  if (key === "tag") checkTag(value);
}

/** As Docker reads sizes of logs: units of a thousand. */
function parseSize(text: string): number {
  const [, number = "", unit = ""] = /^(\d{1,15}(?:\.\d{1,9})?) ?([kmgt]?)i?b?$/i.exec(text) ?? [];
  const bytes = number === "" ? Number.NaN : Math.floor(Number(number) * (UNITS.get(unit.toLowerCase()) ?? Number.NaN));
  const { max } = SPEC_LIMITS.logFileBytes;
  if (bytes >= LOG_FILE_BYTES_MIN && bytes <= max) return bytes;
  throw refused(
    `invalid max-size ${JSON.stringify(text)} of a log: expected a size from 1k to ${max / 1e12}t, such as 10m`,
  );
}

function parseCount(text: string): number {
  const { max } = SPEC_LIMITS.logFiles;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= max) return count;
  throw refused(`invalid max-file ${JSON.stringify(text)} of a log: expected a number of files from 1 to ${max}`);
}

function refusedOption(driver: string, key: string, value: string): SwarmError {
  const only = GIVEN.get(key);
  const expected = only === undefined ? `expected ${optionsOf(driver)}` : `only ${key}=${only} is supported`;
  const what = only === undefined ? JSON.stringify(key) : JSON.stringify(`${key}=${value}`);
  return refused(`unknown log option ${what} for log driver ${driver || "json-file"}: ${expected}`);
}

function optionsOf(driver: string): string {
  if (!SENDING_DRIVERS.includes(driver)) return "max-size, max-file, labels, env or tag";
  const own = driver === "syslog" ? "syslog-address, syslog-facility, syslog-format, " : "";
  return `${own}labels, env, tag, or cache-max-size and cache-max-file for what is kept on the host`;
}

function refused(sentence: string): SwarmError {
  return new SwarmError("invalidArgument", sentence);
}
