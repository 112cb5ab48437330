import { parse } from "smol-toml";
import { SwarmError } from "../errors.ts";
import type { MirrorRule, RegistryRule } from "./endpoints.ts";

/** A file with its path, for sentences. */
export interface ConfFile {
  readonly path: string;
  readonly text: string;
}

export interface RegistriesConf {
  readonly rules: readonly RegistryRule[];
  /** Programs that know credentials; "containers-auth.json" stands for the file of that name. */
  readonly credentialHelpers: readonly string[];
}

type Table = Readonly<Record<string, unknown>>;

/**
 * containers-registries.conf(5), version 2, from its files: what a later one says of a prefix replaces what an earlier
 * one said.
 * @throws SwarmError failedPrecondition that names the file which cannot be understood.
 */
export function parseRegistriesConf(files: readonly ConfFile[]): RegistriesConf {
  const rules = new Map<string, RegistryRule>();
  let credentialHelpers: readonly string[] = [];
  for (const file of files) {
    const content = tableOf(file);
    // Version 1 has a table of this name, a later version only lists of other names.
    if (content["registries"] !== undefined) throw unreadable(file, "it is of version 1");
    for (const table of tablesOf(file, content["registry"])) {
      const rule = ruleOf(file, table);
      rules.set(rule.prefix, rule);
    }
    const helpers = content["credential-helpers"];
    if (Array.isArray(helpers)) credentialHelpers = helpers.map(String);
  }
  return { rules: [...rules.values()], credentialHelpers };
}

function tableOf(file: ConfFile): Table {
  try {
    return parse(file.text);
  } catch (cause) {
    throw unreadable(file, "it is not TOML", cause);
  }
}

function ruleOf(file: ConfFile, table: Table): RegistryRule {
  const location = locationOf(file, table["location"]);
  const prefix = locationOf(file, table["prefix"]) || location;
  if (prefix === "" || (location === "" && !prefix.startsWith("*."))) {
    throw unreadable(file, "a registry has neither location nor a prefix that begins with *.");
  }
  return {
    prefix,
    location,
    insecure: table["insecure"] === true,
    blocked: table["blocked"] === true,
    mirrorByDigestOnly: table["mirror-by-digest-only"] === true,
    mirrors: tablesOf(file, table["mirror"]).map((mirror) => mirrorOf(file, mirror)),
  };
}

function mirrorOf(file: ConfFile, table: Table): MirrorRule {
  const location = locationOf(file, table["location"]);
  if (location === "") throw unreadable(file, "a mirror has no location");
  const pullFrom = String(table["pull-from-mirror"] ?? "");
  switch (pullFrom) {
    case "":
    case "all":
      return { location, insecure: table["insecure"] === true, pullFrom: "all" };
    case "digest-only":
    case "tag-only":
      return { location, insecure: table["insecure"] === true, pullFrom };
    default:
      throw unreadable(file, `pull-from-mirror is ${JSON.stringify(pullFrom)}`);
  }
}

function locationOf(file: ConfFile, value: unknown): string {
  if (value === undefined) return "";
  if (typeof value !== "string") throw unreadable(file, "a location or prefix is not a string");
  if (/^https?:\/\//.test(value)) throw unreadable(file, `the location ${value} must not begin with a scheme`);
  return value.replace(/\/+$/, "");
}

function tablesOf(file: ConfFile, value: unknown): readonly Table[] {
  if (value === undefined) return [];
  const isList = Array.isArray(value) && value.every((each) => typeof each === "object" && each !== null);
  if (!isList) throw unreadable(file, "registry and mirror must be [[lists of tables]]");
  return value as readonly Table[];
}

function unreadable({ path }: ConfFile, why: string, cause?: unknown): SwarmError {
  return new SwarmError("failedPrecondition", `${path} on this host cannot be used: ${why}`, { cause });
}
