import type { Dependency } from "../../shared/rpc/gen/objects.ts";
import { CONDITION_WORDS, conditionOf } from "../../shared/service-spec/dependencies.ts";
import { usageError } from "./usage.ts";

/** NAME[:started|healthy|completed]. @throws SwarmError invalidArgument naming `flag`. */
export function parseDependency(text: string, flag: string): Dependency {
  const at = text.indexOf(":");
  const service = (at < 0 ? text : text.slice(0, at)).trim();
  const condition = at < 0 ? "STARTED" : conditionOf(text.slice(at + 1).trim());
  if (service === "" || condition === null) {
    const words = Object.values(CONDITION_WORDS).join("|");
    throw usageError(`invalid dependency "${text}" for ${flag}: expected NAME[:${words}]`);
  }
  return { service, condition };
}
