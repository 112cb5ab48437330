import type { HostEvent } from "../rpc/gen/containers.ts";
import type { DockerJson } from "./common.ts";

const NANOS_PER_MS = 1_000_000n;
/** Kinds of objects that belong to a swarm and not to one host. */
const OF_SWARM = new Set(["service", "node", "secret", "config", "task"]);
/** What older clients read beside `Type`, `Action` and `Actor`. */
const WITH_STATUS = new Set(["container", "image", "volume"]);

/** Whether an event is a swarm's or one host's. */
export function scopeOf({ type, attributes }: Pick<HostEvent, "type" | "attributes">): "swarm" | "local" {
  const isOverlay = type === "network" && attributes["type"] === "overlay";
  return OF_SWARM.has(type) || isOverlay ? "swarm" : "local";
}

/** A line of GET /events. Its nanoseconds are beyond what a number holds: the text has them whole. */
export function dockerEventLine(event: HostEvent): string {
  const { type, action, actor, attributes, timeMs } = event;
  const text = JSON.stringify({
    ...(WITH_STATUS.has(type) && type !== "volume" ? { status: action, id: actor } : {}),
    ...(type === "container" ? { from: attributes["image"] ?? "" } : {}),
    Type: type,
    Action: action,
    Actor: { ID: actor, Attributes: attributes },
    scope: scopeOf(event),
    time: Math.floor(timeMs / 1_000),
  } satisfies DockerJson);
  return `${text.slice(0, -1)},"timeNano":${BigInt(timeMs) * NANOS_PER_MS}}\n`;
}

/** What `filters` may name. */
export const EVENT_FILTERS = [
  ...(["container", "daemon", "event", "image", "label", "network", "node", "plugin", "scope", "service"] as const),
  ...(["secret", "config", "task", "type", "volume"] as const),
] as const;

/** For each filter, the words of which one must match. */
export type EventFilters = ReadonlyMap<string, readonly string[]>;

/** As Docker's daemon filters: an object by its id, a beginning of that, or its name. */
export function matchesEvent(event: HostEvent, filters: EventFilters): boolean {
  const { type, action, actor, attributes } = event;
  for (const [filter, words] of filters) {
    if (words.length === 0) continue;
    const has = (test: (word: string) => boolean): boolean => words.some(test);
    switch (filter) {
      case "event":
        // `health_status: healthy` is found by its first word, too.
        if (!has((word) => action === word || action.startsWith(`${word}:`))) return false;
        break;
      case "type":
        if (!has((word) => type === word)) return false;
        break;
      case "scope":
        if (!has((word) => scopeOf(event) === word)) return false;
        break;
      case "label":
        if (!words.every((word) => hasAttribute(attributes, word))) return false;
        break;
      case "image":
        if (!has((word) => isOfImage(event, word))) return false;
        break;
      default:
        if (type !== filter || !has((word) => isMeant(actor, attributes["name"] ?? "", word))) return false;
    }
  }
  return true;
}

function isMeant(actor: string, name: string, word: string): boolean {
  return word !== "" && (actor === word || name === word || name === word.replace(/^\//, "") || actor.startsWith(word));
}

/** An image's own events, and those of containers made from it, with or without a tag. */
function isOfImage({ type, actor, attributes }: HostEvent, word: string): boolean {
  const named =
    type === "image" ? [actor, attributes["name"] ?? ""] : type === "container" ? [attributes["image"] ?? ""] : [];
  return named.some((name) => name === word || name.replace(/:[^:/]+$/, "") === word);
}

function hasAttribute(attributes: Readonly<Record<string, string>>, word: string): boolean {
  const at = word.indexOf("=");
  const key = at < 0 ? word : word.slice(0, at);
  return Object.hasOwn(attributes, key) && (at < 0 || attributes[key] === word.slice(at + 1));
}
