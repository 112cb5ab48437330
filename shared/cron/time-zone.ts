import { SwarmError } from "../errors.ts";
import type { WallMs } from "../ports/clock.ts";

/** Formatters are costly to make, and there are few zones. */
const FORMATS = new Map<string, Intl.DateTimeFormat>();
/** More zones than there are. */
const FORMATS_MAX = 1_000;

/** @throws SwarmError invalidArgument for a zone that this build does not know. */
export function checkTimeZone(zone: string): void {
  try {
    formatOf(zone);
  } catch {
    const text = JSON.stringify(zone.slice(0, 100));
    throw new SwarmError("invalidArgument", `unknown time zone ${text}: expected a name such as Europe/Berlin or UTC`);
  }
}

/** What is to be added to UTC for the zone's clocks at an instant, in milliseconds. */
export function offsetMs(zone: string, atMs: WallMs): number {
  const wholeMs = Math.floor(atMs / 1000) * 1000;
  const parts = new Map(
    formatOf(zone)
      .formatToParts(wholeMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  const shown = Date.UTC(
    ...([part("year"), part("month") - 1, part("day")] as const),
    ...([part("hour"), part("minute"), part("second")] as const),
  );
  return shown - wholeMs;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = FORMATS.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      ...{ timeZone: zone, hourCycle: "h23", calendar: "gregory", numberingSystem: "latn" },
      ...{ year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" },
    });
    if (FORMATS.size >= FORMATS_MAX) FORMATS.clear();
    FORMATS.set(zone, format);
  }
  return format;
}
