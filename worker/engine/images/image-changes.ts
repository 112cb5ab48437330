import { SwarmError } from "../../../shared/errors.ts";
import { healthcheckOf } from "./healthcheck-change.ts";

type Config = Readonly<Record<string, unknown>>;

const KNOWN = "CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR";

/** An image's configuration after instructions as `--change` gives them. @throws SwarmError invalidArgument. */
export function changedConfig(config: Config, changes: readonly string[]): Config {
  return changes.reduce(applied, config);
}

function applied(config: Config, change: string): Config {
  const [, instruction = "", rest = ""] = /^\s*([A-Za-z]+)\s+([\s\S]*?)\s*$/.exec(change) ?? [];
  switch (instruction.toUpperCase()) {
    case "CMD":
      return { ...config, Cmd: wordsOf(rest) };
    case "ENTRYPOINT":
      return { ...config, Entrypoint: wordsOf(rest) };
    case "ENV":
      return { ...config, Env: withEnv(listOf(config["Env"]), pairsOf(rest, change)) };
    case "LABEL":
      return { ...config, Labels: { ...objectOf(config["Labels"]), ...Object.fromEntries(pairsOf(rest, change)) } };
    case "EXPOSE":
      return {
        ...config,
        ExposedPorts: { ...objectOf(config["ExposedPorts"]), ...keysOf(rest.split(/\s+/).map(port)) },
      };
    case "VOLUME":
      return { ...config, Volumes: { ...objectOf(config["Volumes"]), ...keysOf(volumesOf(rest)) } };
    case "USER":
      return { ...config, User: rest };
    case "WORKDIR":
      return { ...config, WorkingDir: rest };
    case "STOPSIGNAL":
      return { ...config, StopSignal: rest };
    case "ONBUILD":
      return { ...config, OnBuild: [...listOf(config["OnBuild"]), rest] };
    case "HEALTHCHECK":
      return { ...config, Healthcheck: healthcheckOf(rest, change) };
    default:
      throw new SwarmError("invalidArgument", `invalid change ${JSON.stringify(change)}: known are ${KNOWN}`);
  }
}

/** A JSON list as it is; anything else is a line for a shell. */
function wordsOf(text: string): readonly string[] {
  return jsonStrings(text) ?? ["/bin/sh", "-c", text];
}

function volumesOf(text: string): readonly string[] {
  return jsonStrings(text) ?? text.split(/\s+/);
}

function jsonStrings(text: string): readonly string[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((each) => typeof each === "string") ? value : null;
  } catch {
    return null;
  }
}

/** `A=1 B="two words"`, or the old form `A the rest`. */
function pairsOf(text: string, change: string): readonly (readonly [string, string])[] {
  if (!/^\S+=/.test(text)) {
    const [, key, value] = /^(\S+)\s+([\s\S]+)$/.exec(text) ?? [];
    if (key === undefined || value === undefined) throw noPairs(change);
    return [[key, value]];
  }
  const pairs = [...text.matchAll(/([^\s=]+)=("(?:[^"\\]|\\.)*"|'[^']*'|(?:\\.|[^\s"'\\])*)/g)];
  if (pairs.length === 0) throw noPairs(change);
  return pairs.map(([, key = "", value = ""]) => [key, unquoted(value)]);
}

function unquoted(value: string): string {
  const inner = /^(["'])([\s\S]*)\1$/.exec(value)?.[2] ?? value;
  return inner.replace(/\\(.)/g, "$1");
}

function noPairs(change: string): SwarmError {
  return new SwarmError("invalidArgument", `invalid change ${JSON.stringify(change)}: expected KEY=VALUE`);
}

/** Variables with others in the place of those of the same name; null takes one away. */
export function withEnv(
  before: readonly string[],
  pairs: readonly (readonly [string, string | null])[],
): readonly string[] {
  const keys = new Set(pairs.map(([key]) => key));
  const kept = before.filter((entry) => !keys.has(entry.slice(0, entry.indexOf("="))));
  return [...kept, ...pairs.filter(([, value]) => value !== null).map(([key, value]) => `${key}=${value}`)];
}

function port(text: string): string {
  return text.includes("/") ? text : `${text}/tcp`;
}

function keysOf(keys: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(keys.map((key) => [key, {}]));
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
