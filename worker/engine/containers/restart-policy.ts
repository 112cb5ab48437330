import type { ContainerRestart, OwnContainer } from "../../../shared/rpc/gen/containers.ts";

/** Docker's numbers: the wait doubles from the first on, and begins anew after a run that was long enough. */
export const RESTART_DELAY_MS_MIN = 100;
export const RESTART_DELAY_MS_MAX = 60_000;
export const LONG_RUN_MS = 10_000;

/** What follows when a container is not running, though nobody is doing anything with it. */
export type Sequel =
  /** It stays as it is. */
  { readonly kind: "rest" } | { readonly kind: "start"; readonly delayMs: number } | { readonly kind: "remove" };

type Ended = Pick<OwnContainer, "isStopped" | "exitCode" | "failures"> & {
  /** Ends in a row that came soon after their starts, this one included. */
  readonly quickEnds: number;
  readonly autoRemove: boolean;
  readonly restart: ContainerRestart | null;
};

/** After an end that this daemon saw. `failures` are those before it. */
export function afterEnd(ended: Ended): Sequel {
  const starts = !ended.isStopped && restarts(ended);
  if (starts) return { kind: "start", delayMs: restartDelayMs(Math.max(0, ended.quickEnds - 1)) };
  return ended.autoRemove ? { kind: "remove" } : { kind: "rest" };
}

/** When a daemon starts and finds it not running: people's stop holds, but for `always`. */
export function atDaemonStart(found: Ended & { readonly isWanted: boolean }): Sequel {
  const { restart, isStopped, isWanted } = found;
  if (restart?.policy === "ALWAYS" && (isStopped || isWanted)) return { kind: "start", delayMs: 0 };
  return isWanted ? afterEnd(found) : { kind: "rest" };
}

/** How long before the next start, after so many that did not last. */
export function restartDelayMs(quickEnds: number): number {
  return Math.min(RESTART_DELAY_MS_MAX, RESTART_DELAY_MS_MIN * 2 ** Math.min(quickEnds, 30));
}

function restarts({ restart, exitCode, failures }: Ended): boolean {
  switch (restart?.policy) {
    case "ALWAYS":
    case "UNLESS_STOPPED":
      return true;
    case "ON_FAILURE":
      return exitCode !== 0 && (restart.retries === 0 || failures < restart.retries);
    default:
      return false;
  }
}
