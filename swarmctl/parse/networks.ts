import { labelsOf } from "../../shared/objects/labels.ts";
import type { NetworkAttachmentConfig } from "../../shared/rpc/gen/objects.ts";
import { parseCsvPairs } from "./csv.ts";
import { usageError } from "./usage.ts";

/**
 * A network that a service joins: `NAME`, or `name=NAME,alias=WORD,driver-opt=KEY=VALUE`, where alias and driver-opt
 * may be repeated. Its target is the name as it was given.
 * @throws SwarmError invalidArgument naming `flag`.
 */
export function parseNetwork(text: string, flag: string): NetworkAttachmentConfig {
  if (!text.includes("=")) return { target: named(text, text, flag), aliases: [], driverOptions: {} };
  let target = "";
  const aliases: string[] = [];
  const options: [string, string][] = [];
  for (const [key, value] of parseCsvPairs(text, flag)) {
    if (value === null) throw usageError(`invalid field "${key}" in network "${text}" for ${flag}: expected KEY=VALUE`);
    switch (key) {
      case "name":
        target = value.trim();
        break;
      case "alias":
        aliases.push(value.trim());
        break;
      case "driver-opt": {
        const at = value.indexOf("=");
        if (at < 1) throw usageError(`invalid driver-opt "${value}" in network "${text}": expected KEY=VALUE`);
        options.push([value.slice(0, at), value.slice(at + 1)]);
        break;
      }
      default:
        throw usageError(`invalid field "${key}" in network "${text}" for ${flag}: expected name, alias or driver-opt`);
    }
  }
  return { target: named(target, text, flag), aliases, driverOptions: labelsOf(options) };
}

function named(name: string, text: string, flag: string): string {
  if (name === "") throw usageError(`invalid network "${text}" for ${flag}: the name is missing`);
  return name;
}
