import { readFileSync } from "node:fs";

/** A moment that all daemons of one start of the machine agree about. */
export interface BootMoment {
  /** Of the machine's present start; another one after it was started again. */
  readonly bootId: string;
  /** Since that start, monotonic; the time in which the machine slept counts. */
  readonly upMs: number;
}

/** What a daemon that is started again can still count with, unlike `Clock.now`. */
export type BootClock = () => BootMoment;

/** Asked at each heartbeat, and the same for as long as this process lives. */
let bootId: string | null = null;

export const systemBootClock: BootClock = () => {
  bootId ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return { bootId, upMs: Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1_000 };
};
