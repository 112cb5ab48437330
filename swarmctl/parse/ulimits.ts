import type { Ulimit } from "../../shared/rpc/gen/objects.ts";
import { complaintOfUlimit } from "../../shared/ulimits.ts";
import { usageError } from "./usage.ts";

/**
 * Limits as NAME=SOFT[:HARD], where the hard limit is the soft one unless given, and -1 is none. The last of a name
 * counts.
 * @throws SwarmError invalidArgument.
 */
export function parseUlimits(texts: readonly string[], flag: string): Ulimit[] {
  const limits = new Map<string, Ulimit>();
  for (const text of texts) {
    const match = /^([^=]+)=(-1|\d+)(?::(-1|\d+))?$/.exec(text);
    if (match === null)
      throw usageError(`invalid ${flag} "${text}": expected NAME=SOFT[:HARD], such as nofile=1024:4096`);
    const [, name = "", soft, hard = soft] = match;
    const limit = { name, soft: Number(soft), hard: Number(hard) };
    const complaint = complaintOfUlimit(limit);
    if (complaint !== null) throw usageError(complaint);
    limits.set(name, limit);
  }
  return [...limits.values()];
}
