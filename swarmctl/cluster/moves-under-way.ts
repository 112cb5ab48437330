import type { RebalanceResponse } from "../../shared/rpc/gen/control.ts";
import type { RebalanceStatus } from "../../shared/rpc/gen/objects.ts";
import { pretty } from "../names.ts";

/** Moves that are named in one line; the others are counted. */
const NAMED_MAX = 4;

/** What is being moved, in one line; "" = nothing is. */
export function underWayLine({ moves }: RebalanceResponse): string {
  const words = moves.map(({ task, from, to, state, error }) => {
    const how = `${pretty(state).toLowerCase()}${error === "" ? "" : `: ${error}`}`;
    return `${task} from ${from} to ${to} (successor ${how})`;
  });
  const named = words.length > NAMED_MAX ? [...words.slice(0, NAMED_MAX), `${words.length - NAMED_MAX} more`] : words;
  return named.length === 0 ? "" : `Moving ${named.join(", ")}`;
}

/** What came of it. `startedAtMs`: what was called off before belongs to others. */
export function outcomeLines(status: RebalanceStatus | null, startedAtMs: number): readonly string[] {
  if (status === null || status.startedAtMs !== startedAtMs) return ["Somebody else has begun anew meanwhile."];
  const calledOff = status.calledOff.filter(({ atMs }) => atMs >= startedAtMs);
  const moved = status.movesBegun - calledOff.length;
  if (status.movesBegun === 0) return ["Nothing to move: the load is as even as moves can make it."];
  return [
    `Moved ${moved === 1 ? "1 task" : `${moved} tasks`}.`,
    ...calledOff.map(({ task, reason }) => `${task} stays where it is: ${reason}`),
  ];
}
