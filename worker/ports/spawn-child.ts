import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { messageOf, SwarmError } from "../../shared/errors.ts";
import { atUsualPriority } from "../../shared/ports/own-priority.ts";
import { shortageOf } from "../../shared/shortage.ts";

/**
 * Starts a program, at the priority of any other and not at the daemon's own. `onError` is the child's one error
 * listener and is there before anything else is done with the child: where files have run out, Node gives a child
 * without pipes and tells the reason only in the next tick, as an event that ends the process when nobody listens.
 * @returns null when it could not be started for want of pipes; `onError` is then called with the reason.
 */
export function spawnChild(
  program: string,
  args: readonly string[],
  options: SpawnOptions,
  onError: (error: Error) => void,
): ChildProcess | null {
  let child: ChildProcess;
  try {
    child = atUsualPriority(() => spawn(program, [...args], options));
  } catch (error) {
    // Node throws what it does not expect of a start, such as a want of memory.
    onError(error instanceof Error ? error : new Error(messageOf(error)));
    return null;
  }
  child.on("error", onError);
  return (child.stdio as readonly unknown[] | undefined) === undefined ? null : child;
}

/** A shortage that passes, as the refusal to say so with; null for any other reason (no such program, for one). */
export function refusalOfShortage(error: Error, words: string): SwarmError | null {
  const why = shortageOf(error);
  if (why === null) return null;
  return new SwarmError("resourceExhausted", `cannot run "${words}" now: ${why}`, { cause: error });
}
