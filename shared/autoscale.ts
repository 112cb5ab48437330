import { SwarmError } from "./errors.ts";
import { SPEC_LIMITS } from "./objects/limits.ts";
import { parseDuration } from "./run-text/duration.ts";
import { AUTOSCALE_DEFAULTS } from "./service-spec/defaults.ts";

/** How many tasks a service has by itself, as its spec says: `min=2,max=10,cpu=60%,memory=70%,up=15s,down=5m`. */
export interface AutoscaleRules {
  readonly min: number;
  readonly max: number;
  /**
   * What its tasks should use on average, in hundredths of what each reserves or, without a reservation, of its limit;
   * null = it does not matter.
   */
  readonly cpuPercent: number | null;
  readonly memoryPercent: number | null;
  /** For so long more tasks must be called for until there are more. */
  readonly upMs: number;
  /** For so long fewer tasks must be called for until there are fewer. */
  readonly downMs: number;
}

/** Tasks may use more than they reserve; ten times of it is a mistake. */
const PERCENT_MAX = 1_000;
/** Windows are remembered in memory, and a longer one is a schedule. */
const WINDOW_MS_MAX = 3_600_000;
const KEYS = "min, max, cpu, memory, up and down";

type Key = "min" | "max" | "cpu" | "memory" | "up" | "down";

/** @throws SwarmError invalidArgument with one sentence about the first fault. */
export function parseAutoscale(text: string): AutoscaleRules {
  const given = new Map<Key, string>();
  for (const part of text.split(",")) {
    const [, key = "", value = ""] = /^\s*([a-z]+)\s*=\s*(\S+)\s*$/.exec(part) ?? [];
    if (!isKey(key)) throw wrong(text, `"${part.trim()}" is not KEY=VALUE, with a key among ${KEYS}`);
    if (given.has(key)) throw wrong(text, `${key} is given twice`);
    given.set(key, value);
  }
  const min = count(text, "min", given.get("min") ?? "1");
  const max = given.get("max");
  if (max === undefined) throw wrong(text, "it needs max=NUMBER");
  const rules = {
    min,
    max: count(text, "max", max),
    cpuPercent: percent(text, "cpu", given.get("cpu")),
    memoryPercent: percent(text, "memory", given.get("memory")),
    upMs: windowMs(text, "up", given.get("up"), AUTOSCALE_DEFAULTS.upMs),
    downMs: windowMs(text, "down", given.get("down"), AUTOSCALE_DEFAULTS.downMs),
  };
  if (rules.max < rules.min) throw wrong(text, `max=${rules.max} is less than min=${rules.min}`);
  if (rules.cpuPercent === null && rules.memoryPercent === null)
    throw wrong(text, "it needs cpu=PERCENT or memory=PERCENT, such as cpu=60%");
  return rules;
}

function isKey(key: string): key is Key {
  return ["min", "max", "cpu", "memory", "up", "down"].includes(key);
}

/** A service without tasks would use nothing that could bring it back. */
function count(text: string, key: string, value: string): number {
  const most = SPEC_LIMITS.replicas.max;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : 0;
  if (number < 1 || number > most) throw wrong(text, `${key}=${value} is not a number from 1 to ${most}`);
  return number;
}

function percent(text: string, key: string, value: string | undefined): number | null {
  if (value === undefined) return null;
  const [, digits = ""] = /^(\d{1,4})%$/.exec(value) ?? [];
  const number = Number(digits);
  if (number < 1 || number > PERCENT_MAX)
    throw wrong(text, `${key}=${value} is not a percentage from 1% to ${PERCENT_MAX}%`);
  return number;
}

function windowMs(text: string, key: string, value: string | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  const ms = parseDuration(value, `${key} of autoscale`);
  if (ms > WINDOW_MS_MAX) throw wrong(text, `${key}=${value} is longer than an hour`);
  return ms;
}

function wrong(text: string, fault: string): SwarmError {
  return new SwarmError("invalidArgument", `invalid autoscale ${JSON.stringify(text)}: ${fault}`);
}
