import { SwarmError } from "../errors.ts";

/** When something is due, by the clock on the wall: sets of what matches. */
export interface CronTimes {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly daysOfMonth: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 = Sunday. */
  readonly daysOfWeek: ReadonlySet<number>;
  /** Neither day field begins with "*": then a day that matches one of them is enough, as in every cron. */
  readonly isEitherDay: boolean;
  /** The hour field begins with "*": it is about time that passes, and not about what a clock shows. */
  readonly isEveryHour: boolean;
}

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly words?: readonly string[];
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const FIELDS = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of the month", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, words: MONTHS },
  // 7 is Sunday, too.
  { name: "day of the week", min: 0, max: 7, words: DAYS },
] as const satisfies readonly Field[];

const NAMES: ReadonlyMap<string, string> = new Map([
  ["@hourly", "0 * * * *"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@weekly", "0 0 * * 0"],
  ["@monthly", "0 0 1 * *"],
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
]);

/**
 * Reads five fields as cron has them (minute, hour, day of the month, month, day of the week): `*`, numbers, names of
 * months and days, ranges, lists, steps; or a name such as @daily.
 * @throws SwarmError invalidArgument with one sentence.
 */
export function parseCron(text: string): CronTimes {
  const words = (NAMES.get(text.trim().toLowerCase()) ?? text).trim().split(/\s+/);
  const [minute = "", hour = "", dayOfMonth = "", month = "", dayOfWeek = "", ...more] = words;
  if (dayOfWeek === "" || more.length > 0) {
    throw refusal(text, "expected five fields, such as 0 3 * * *, or a name, such as @daily");
  }
  const read = (at: 0 | 1 | 2 | 3 | 4, word: string): ReadonlySet<number> => readField(text, FIELDS[at], word);
  return {
    minutes: read(0, minute),
    hours: read(1, hour),
    daysOfMonth: read(2, dayOfMonth),
    months: read(3, month),
    daysOfWeek: new Set([...read(4, dayOfWeek)].map((day) => day % 7)),
    isEitherDay: !dayOfMonth.startsWith("*") && !dayOfWeek.startsWith("*"),
    isEveryHour: hour.startsWith("*"),
  };
}

function readField(text: string, field: Field, word: string): ReadonlySet<number> {
  const found = new Set<number>();
  for (const part of word.split(",")) {
    const [range = "", stepText, ...more] = part.split("/");
    const step = stepText === undefined ? 1 : Number(stepText);
    if (more.length > 0 || (stepText !== undefined && !/^[1-9]\d*$/.test(stepText))) {
      throw refusal(text, `"${part}" is no ${field.name}: a step is a whole number from 1`);
    }
    const { from, to } = rangeOf(text, field, range, stepText !== undefined);
    for (let each = from; each <= to; each += step) found.add(each);
  }
  return found;
}

function rangeOf(
  text: string,
  field: Field,
  range: string,
  hasStep: boolean,
): { readonly from: number; readonly to: number } {
  // The week has seven days, of which Sunday has two numbers: a star means each once.
  if (range === "*") return { from: field.min, to: field.words === DAYS ? 6 : field.max };
  const [first = "", last, ...more] = range.split("-");
  const from = numberOf(field, first);
  // 5/15 means from 5 on, as in every cron that takes it.
  const to = last === undefined ? (hasStep ? field.max : from) : numberOf(field, last);
  if (more.length > 0 || from === null || to === null || from > to) {
    throw refusal(text, `"${range}" is no ${field.name}: expected ${field.min}-${field.max}${namesOf(field)}`);
  }
  return { from, to };
}

const namesOf = ({ words }: Field): string => (words === undefined ? "" : ` or ${words[0]}-${words.at(-1)}`);

function numberOf({ min, max, words }: Field, word: string): number | null {
  const at = words?.indexOf(word.toLowerCase()) ?? -1;
  if (at >= 0) return at + min;
  const value = /^\d{1,2}$/.test(word) ? Number(word) : -1;
  return value >= min && value <= max ? value : null;
}

function refusal(text: string, why: string): SwarmError {
  return new SwarmError("invalidArgument", `invalid schedule ${JSON.stringify(text.slice(0, 100))}: ${why}`);
}
