import { SwarmError } from "../../../shared/errors.ts";

const DURATIONS = new Map([
  ["interval", "Interval"],
  ["timeout", "Timeout"],
  ["start-period", "StartPeriod"],
  ["start-interval", "StartInterval"],
]);
const NANOSECONDS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3_600e9 };

/** What follows HEALTHCHECK, as an image's configuration has it. @throws SwarmError invalidArgument. */
export function healthcheckOf(text: string, change: string): Readonly<Record<string, unknown>> {
  const wrong = (): SwarmError => {
    const sentence = `invalid change ${JSON.stringify(change)}: expected NONE, or [--interval=30s ...] CMD COMMAND`;
    return new SwarmError("invalidArgument", sentence);
  };
  if (/^none$/i.test(text)) return { Test: ["NONE"] };
  const [, options = "", command] = /^((?:--\S+\s+)*)CMD\s+([\s\S]+)$/i.exec(text) ?? [];
  if (command === undefined) throw wrong();
  const said: Record<string, unknown> = { Test: testOf(command) };
  for (const word of options.split(/\s+/).filter((each) => each !== "")) {
    const [, name = "", value = ""] = /^--([a-z-]+)=(.+)$/.exec(word) ?? [];
    const field = DURATIONS.get(name);
    const nanoseconds = field === undefined ? null : nanosecondsOf(value);
    if (field !== undefined && nanoseconds !== null) said[field] = nanoseconds;
    else if (name === "retries" && /^\d{1,4}$/.test(value)) said["Retries"] = Number(value);
    else throw wrong();
  }
  return said;
}

function testOf(command: string): readonly string[] {
  try {
    const words: unknown = JSON.parse(command);
    if (Array.isArray(words) && words.every((word) => typeof word === "string")) return ["CMD", ...words];
  } catch {
    // A line for a shell.
  }
  return ["CMD-SHELL", command];
}

/** `1m30s`, as Go writes a duration; null = it is none. */
function nanosecondsOf(text: string): number | null {
  if (!/^(\d+(\.\d+)?(ns|us|ms|s|m|h))+$/.test(text)) return null;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)/g)];
  return parts.reduce((sum, [, count = "0", unit = "s"]) => sum + Number(count) * (NANOSECONDS[unit] ?? 0), 0);
}
