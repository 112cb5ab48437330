import assert from "node:assert/strict";
import { test } from "node:test";
import { lastBetween, nextAfter } from "../../../../shared/cron/next-run.ts";
import { parseCron } from "../../../../shared/cron/parse-cron.ts";
import { checkTimeZone, offsetMs } from "../../../../shared/cron/time-zone.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";

/** No zone here changes its clocks between them. */
const QUARTER_MS = 900_000;

/** The next instants, without seconds: "2026-01-01 03:00". */
function next(text: string, after: string, count = 1, zone = "UTC"): string {
  const found: string[] = [];
  let at: number | null = Date.parse(`${after}:00Z`.replace(" ", "T"));
  for (let times = 0; times < count && at !== null; times++) {
    at = nextAfter(parseCron(text), zone, at);
    found.push(at === null ? "never" : new Date(at).toISOString().slice(0, 16).replace("T", " "));
  }
  return found.join(", ");
}

const cases: readonly (readonly [text: string, after: string, expected: string])[] = [
  ["0 3 * * *", "2026-01-01 02:59", "2026-01-01 03:00, 2026-01-02 03:00"],
  ["0 3 * * *", "2026-01-01 03:00", "2026-01-02 03:00, 2026-01-03 03:00"],
  ["*/20 * * * *", "2026-01-01 23:39", "2026-01-01 23:40, 2026-01-02 00:00"],
  ["5/20 12 * * *", "2026-01-01 00:00", "2026-01-01 12:05, 2026-01-01 12:25"],
  ["0 0-6/3,22 * * *", "2026-01-01 03:00", "2026-01-01 06:00, 2026-01-01 22:00"],
  ["0 0 * * MON-fri", "2026-01-02 12:00", "2026-01-05 00:00, 2026-01-06 00:00"],
  ["0 0 * * 7", "2026-01-01 12:00", "2026-01-04 00:00, 2026-01-11 00:00"],
  ["0 0 31 * *", "2026-01-31 12:00", "2026-03-31 00:00, 2026-05-31 00:00"],
  ["0 0 29 feb *", "2096-03-01 00:00", "2104-02-29 00:00, 2108-02-29 00:00"],
  // A day of the month or one of the week; both where one is a star.
  ["0 0 13 * fri", "2026-01-01 12:00", "2026-01-02 00:00, 2026-01-09 00:00"],
  ["0 0 13 * *", "2026-01-01 12:00", "2026-01-13 00:00, 2026-02-13 00:00"],
  ["0 0 */2 * mon", "2026-01-01 12:00", "2026-01-05 00:00, 2026-01-19 00:00"],
  ["@hourly", "2026-01-01 12:30", "2026-01-01 13:00, 2026-01-01 14:00"],
  ["@weekly", "2026-01-01 12:30", "2026-01-04 00:00, 2026-01-11 00:00"],
  ["@Yearly", "2026-01-01 12:30", "2027-01-01 00:00, 2028-01-01 00:00"],
  ["0 0 30 2 *", "2026-01-01 00:00", "never"],
];
for (const [text, after, expected] of cases) {
  test(`${text} after ${after} is due at ${expected}`, () =>
    assert.equal(next(text, after, expected === "never" ? 1 : 2), expected));
}

const zones: readonly (readonly [claim: string, zone: string, text: string, after: string, expected: string])[] = [
  // Berlin goes from 02:00 to 03:00 on 29 March 2026 at 01:00 UTC, and back on 25 October at 01:00 UTC.
  ["by the zone's clocks", "Europe/Berlin", "0 3 * * *", "2026-03-28 00:00", "2026-03-28 02:00, 2026-03-29 01:00"],
  ["in the hour left out", "Europe/Berlin", "30 2 * * *", "2026-03-28 02:00", "2026-03-29 01:00, 2026-03-30 00:30"],
  [
    "all along the hour left out",
    "Europe/Berlin",
    "*/30 2 * * *",
    "2026-03-28 02:00",
    "2026-03-29 01:00, 2026-03-30 00:00",
  ],
  [
    "in the hour that comes twice",
    "Europe/Berlin",
    "30 2 * * *",
    "2026-10-24 12:00",
    "2026-10-25 00:30, 2026-10-26 01:30",
  ],
  [
    "every hour, in the one left out",
    "Europe/Berlin",
    "30 * * * *",
    "2026-03-29 00:00",
    "2026-03-29 00:30, 2026-03-29 01:30",
  ],
  [
    "every hour, in the one that comes twice",
    "Europe/Berlin",
    "30 * * * *",
    "2026-10-25 00:00",
    "2026-10-25 00:30, 2026-10-25 01:30",
  ],
  // Half an hour, at 02:00.
  [
    "in half an hour left out",
    "Australia/Lord_Howe",
    "15 2 * * *",
    "2026-10-03 00:00",
    "2026-10-03 15:30, 2026-10-04 15:15",
  ],
  // A whole day left out: Friday 30 December 2011.
  ["on a day left out", "Pacific/Apia", "0 12 30 12 *", "2011-12-29 00:00", "2011-12-30 10:00, 2012-12-29 22:00"],
  [
    "at midnight where that is left out",
    "America/Sao_Paulo",
    "0 0 * * *",
    "2018-11-03 12:00",
    "2018-11-04 03:00, 2018-11-05 02:00",
  ],
];
for (const [claim, zone, text, after, expected] of zones) {
  test(`${text} in ${zone}, ${claim}: ${expected}`, () => assert.equal(next(text, after, 2, zone), expected));
}

test("next is what a look at every minute finds, in zones that change their clocks", () => {
  const random = seededRandom(1);
  for (let round = 0; round < 40; round++) {
    const zone = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"][random.below(4)] ?? "UTC";
    const times = parseCron(`${random.below(60)} */${1 + random.below(6)} * ${1 + random.below(12)} *`);
    const after = Date.UTC(2026, random.below(12), 1 + random.below(28), random.below(24));
    const found = nextAfter(times, zone, after);
    let naive: number | null = null;
    let offset = 0;
    for (let at = after + 60_000; naive === null && at <= (found ?? 0) + 60_000; at += 60_000) {
      // Clocks change at quarters of an hour, and to ask takes a thousand times as long as the rest.
      if (at === after + 60_000 || at % QUARTER_MS === 0) offset = offsetMs(zone, at);
      const shown = new Date(at + offset);
      const isDue =
        times.months.has(shown.getUTCMonth() + 1) &&
        times.hours.has(shown.getUTCHours()) &&
        times.minutes.has(shown.getUTCMinutes());
      if (isDue) naive = at;
    }
    assert.equal(found, naive, zone);
  }
});

test("the last time before an instant is found, however long nobody looked", () => {
  const every = parseCron("* * * * *");
  const now = Date.UTC(2026, 5, 1, 12, 30, 30);
  assert.equal(lastBetween(every, "UTC", 0, now), Date.UTC(2026, 5, 1, 12, 30));
  assert.equal(lastBetween(parseCron("0 0 1 1 *"), "UTC", 0, now), Date.UTC(2026, 0, 1));
  assert.equal(lastBetween(every, "UTC", Date.UTC(2026, 5, 1, 12, 30), now), null);
});

const wrong: readonly (readonly [text: string, message: RegExp])[] = [
  ["", /expected five fields/],
  ["0 3 * *", /expected five fields/],
  ["0 3 * * * *", /expected five fields/],
  ["@reboot", /expected five fields/],
  ["60 3 * * *", /"60" is no minute: expected 0-59$/],
  ["0 24 * * *", /"24" is no hour/],
  ["0 0 0 * *", /"0" is no day of the month: expected 1-31$/],
  ["0 0 * 13 *", /"13" is no month: expected 1-12 or jan-dec$/],
  ["0 0 * * 8", /"8" is no day of the week/],
  ["0 0 * * fri-mon", /"fri-mon" is no day of the week/],
  ["*/0 * * * *", /a step is a whole number from 1/],
  ["1-2-3 * * * *", /"1-2-3" is no minute/],
  ["1,,2 * * * *", /"" is no minute/],
  ["L * * * *", /"L" is no minute/],
  ["-5 * * * *", /"-5" is no minute/],
];
for (const [text, message] of wrong) {
  test(`the schedule ${JSON.stringify(text)} is refused`, () =>
    assert.throws(() => parseCron(text), { code: "invalidArgument", message }));
}

test("a time zone that there is not is refused", () => {
  checkTimeZone("Europe/Berlin");
  assert.throws(() => checkTimeZone("Mars/Base"), {
    code: "invalidArgument",
    message: /^unknown time zone "Mars\/Base"/,
  });
});
