import type { WallMs } from "../ports/clock.ts";
import type { CronTimes } from "./parse-cron.ts";
import { offsetMs } from "./time-zone.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** 29 February is at most eight years away; what does not come in nine never does. */
const DAYS_MAX = 9 * 366;

/**
 * The first instant after `afterMs` at which the times are due by the clocks of a zone; null = there is none.
 *
 * When clocks go forward, what would be due in the hour left out is due when it would have ended; when they go back,
 * what is due in the hour that comes twice is due once. With `*` for the hour it is time that counts, and not what the
 * clocks show: such times are neither made up for nor left out.
 */
export function nextAfter(times: CronTimes, zone: string, afterMs: WallMs): WallMs | null {
  // A day by the zone's clocks, as if they showed UTC. The day before may have an instant that a change moved here.
  const first = floorDay(afterMs + offsetMs(zone, afterMs)) - DAY_MS;
  for (let day = first; day <= first + DAYS_MAX * DAY_MS; day += DAY_MS) {
    if (!isDue(times, new Date(day))) continue;
    const next = firstAfter(times, zone, day, afterMs);
    if (next !== null) return next;
  }
  return null;
}

/** The last instant up to `untilMs`, and after `afterMs`, at which the times were due; null = there was none. */
export function lastBetween(times: CronTimes, zone: string, afterMs: WallMs, untilMs: WallMs): WallMs | null {
  // Looked for in windows that grow, so that an every-minute schedule that nobody followed for a year costs an hour.
  for (const windowMs of [HOUR_MS, DAY_MS, 32 * DAY_MS, 366 * DAY_MS, Number.POSITIVE_INFINITY]) {
    const fromMs = Math.max(afterMs, untilMs - windowMs);
    let last: WallMs | null = null;
    for (let at = nextAfter(times, zone, fromMs); at !== null && at <= untilMs; at = nextAfter(times, zone, at)) {
      last = at;
    }
    if (last !== null || fromMs === afterMs) return last;
  }
  return null;
}

function isDue({ months, daysOfMonth, daysOfWeek, isEitherDay }: CronTimes, day: Date): boolean {
  if (!months.has(day.getUTCMonth() + 1)) return false;
  const [ofMonth, ofWeek] = [daysOfMonth.has(day.getUTCDate()), daysOfWeek.has(day.getUTCDay())];
  return isEitherDay ? ofMonth || ofWeek : ofMonth && ofWeek;
}

function firstAfter(times: CronTimes, zone: string, day: number, afterMs: WallMs): WallMs | null {
  const [before, after] = [offsetMs(zone, day - DAY_MS / 2), offsetMs(zone, day + DAY_MS * 1.5)];
  let next: WallMs | null = null;
  const isChanging = before !== after;
  for (const hour of times.hours) {
    for (const minute of times.minutes) {
      const shown = day + hour * HOUR_MS + minute * MINUTE_MS;
      const instants = isChanging ? whenChanging(times, zone, shown, [before, after]) : [shown - before];
      for (const each of instants) if (each > afterMs && (next === null || each < next)) next = each;
    }
  }
  return next;
}

/** The instants at which clocks show a time near a change of theirs. */
function whenChanging(times: CronTimes, zone: string, shown: number, offsets: readonly number[]): readonly WallMs[] {
  const instants = offsets
    .map((offset) => shown - offset)
    .filter((at) => offsetMs(zone, at) === shown - at)
    .sort((a, b) => a - b);
  if (instants.length > 0) return times.isEveryHour ? instants : instants.slice(0, 1);
  return times.isEveryHour ? [] : [endOfGap(zone, shown, offsets)];
}

/** When clocks went forward past a time, to the minute. */
function endOfGap(zone: string, shown: number, offsets: readonly number[]): WallMs {
  const sides = offsets.map((offset) => shown - offset);
  let [low, high] = [Math.min(...sides) - MINUTE_MS, Math.max(...sides) + MINUTE_MS];
  const before = offsetMs(zone, low);
  while (high - low > MINUTE_MS) {
    const middle = low + Math.round((high - low) / 2 / MINUTE_MS) * MINUTE_MS;
    if (offsetMs(zone, middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

const floorDay = (ms: number): number => Math.floor(ms / DAY_MS) * DAY_MS;
