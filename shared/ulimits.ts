import type { Ulimit } from "./rpc/gen/objects.ts";

/** No limit, as people and the wire write it. */
export const ULIMIT_UNLIMITED = -1;

/** What setrlimit(2) knows, by Docker's names. */
export const ULIMIT_NAMES: readonly string[] = [
  ...["core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss"],
  ...["rtprio", "rttime", "sigpending", "stack"],
];

/** What is wrong with a limit, in one sentence; null = nothing. */
export function complaintOfUlimit({ name, soft, hard }: Ulimit): string | null {
  if (!ULIMIT_NAMES.includes(name)) {
    return `invalid ulimit ${JSON.stringify(name)}: expected one of ${ULIMIT_NAMES.join(", ")}`;
  }
  if ([soft, hard].some((value) => !Number.isSafeInteger(value) || value < ULIMIT_UNLIMITED)) {
    return `invalid ulimit ${name}: limits are whole numbers, or -1 for no limit`;
  }
  const isMore = hard !== ULIMIT_UNLIMITED && (soft === ULIMIT_UNLIMITED || soft > hard);
  return isMore ? `invalid ulimit ${name}: the soft limit ${soft} is above the hard limit ${hard}` : null;
}
