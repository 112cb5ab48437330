import type { Random } from "../../../shared/ports/random.ts";
import type { EventQueue } from "./event-queue.ts";

/**
 * Lets things happen over and over, each in its own rhythm and with chance of its own, until `isOver`. A mean of 0 ms:
 * never.
 */
export function inRhythm(
  queue: EventQueue,
  random: Random,
  isOver: () => boolean,
): (what: string, meanMs: number, run: (random: Random) => void) => void {
  return (what, meanMs, run) => {
    if (meanMs === 0) return;
    const own = random.fork(what);
    const next = (): void => {
      queue.schedule(1 + own.below(2 * meanMs), () => {
        if (isOver()) return;
        run(own);
        next();
      });
    };
    next();
  };
}
