import { messageOf, SwarmError } from "../errors.ts";
import type { LogDriver } from "../rpc/gen/objects.ts";
import { readTemplate, type Template } from "../template/template.ts";
import { labelOf } from "./labels.ts";

/** Log options that say what goes with each line; what is drivers' own is in log-driver.ts. */
export const ATTRIBUTE_OPTIONS: ReadonlySet<string> = new Set(["labels", "env", "tag"]);

const SHORT_ID_LENGTH = 12;

/** A container, as far as its log says something of it. */
export interface LoggedContainer {
  /** 64 hexadecimal digits. */
  readonly containerId: string;
  readonly name: string;
  readonly imageName: string;
  readonly labels: Readonly<Record<string, string>>;
  /** KEY=VALUE each. */
  readonly env: readonly string[];
}

/**
 * What the options of a log driver add to each line, by key, sorted: values of the labels and variables they name, as
 * far as the container has them, and the tag, when one is given.
 * @throws SwarmError invalidArgument for a tag that cannot be filled in.
 */
export function logAttributes(driver: LogDriver | null, container: LoggedContainer): ReadonlyMap<string, string> {
  const options = driver?.options ?? {};
  const found: [string, string][] = [];
  const env = new Map(container.env.map((entry) => [entry.split("=", 1)[0] ?? "", entry] as const));
  for (const key of wordsOf(labelOf(options, "labels"))) {
    const value = labelOf(container.labels, key);
    if (value !== undefined) found.push([key, value]);
  }
  for (const key of wordsOf(labelOf(options, "env"))) {
    const entry = env.get(key);
    if (entry !== undefined) found.push([key, entry.slice(key.length + 1)]);
  }
  const tag = labelOf(options, "tag");
  if (tag !== undefined && tag !== "") found.push(["tag", tagOf(tag, container)]);
  return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A tag with what it says of the container. @throws SwarmError invalidArgument. */
export function tagOf(tag: string, { containerId, name, imageName }: LoggedContainer): string {
  return parseTag(tag)({
    ID: containerId.slice(0, SHORT_ID_LENGTH),
    FullID: containerId,
    Name: name,
    ImageName: imageName,
    DaemonName: "swarmd",
  });
}

/** @throws SwarmError invalidArgument for a tag that no container could fill in. */
export function checkTag(tag: string): void {
  const example = { containerId: "0".repeat(64), name: "web.1.x", imageName: "web", labels: {}, env: [] };
  try {
    tagOf(tag, example);
  } catch (error) {
    const known = "it may have .ID, .FullID, .Name, .ImageName and .DaemonName";
    throw new SwarmError("invalidArgument", `invalid log option tag: ${messageOf(error)}; ${known}`, { cause: error });
  }
}

function parseTag(tag: string): Template {
  return readTemplate(tag, { functions: new Map(), missing: "refuse" });
}

function wordsOf(list: string | undefined): readonly string[] {
  return (list ?? "").split(",").filter((word) => word !== "");
}
