import { SwarmError } from "../errors.ts";
import { hasLabel } from "../objects/labels.ts";
import type { ContainerSummary } from "../rpc/gen/containers.ts";

/** What lists of containers can be asked for, in Docker's words. */
export const CONTAINER_FILTERS = [
  ...(["id", "name", "label", "status", "exited", "ancestor", "health", "volume", "network"] as const),
  ...(["before", "since", "publish", "expose", "is-task"] as const),
] as const;
export type ContainerFilters = { readonly [Key in (typeof CONTAINER_FILTERS)[number]]: readonly string[] };

const WORDS: Partial<Readonly<Record<keyof ContainerFilters, readonly string[]>>> = {
  status: ["created", "running", "paused", "restarting", "removing", "exited", "dead"],
  health: ["starting", "healthy", "unhealthy", "none"],
  "is-task": ["true", "false", "1", "0"],
};

/**
 * Checks what was asked for.
 * @throws SwarmError invalidArgument for a value that no container can have, notFound for one that is not there.
 */
export function checkContainerFilters(filters: ContainerFilters, every: readonly ContainerSummary[]): void {
  for (const [key, words = []] of Object.entries(WORDS)) {
    const wrong = filters[key as keyof ContainerFilters].find((word) => !words.includes(word));
    if (wrong !== undefined) throw invalid(key, wrong, `expected one of ${words.join(", ")}`);
  }
  const code = filters.exited.find((word) => !/^\d+$/.test(word));
  if (code !== undefined) throw invalid("exited", code, "expected an exit code");
  for (const ref of [...filters.before, ...filters.since]) {
    if (named(every, ref) === undefined) throw new SwarmError("notFound", `No such container: ${ref}`);
  }
}

/** For every key that was given, one of its values must match; of labels all. */
export function matchesContainer(
  one: ContainerSummary,
  filters: ContainerFilters,
  every: readonly ContainerSummary[],
): boolean {
  const has = (key: keyof ContainerFilters, test: (value: string) => boolean): boolean =>
    filters[key].length === 0 || filters[key].some(test);
  return (
    has("id", (value) => one.id.startsWith(value)) &&
    has("name", (value) => isNamed(one.name, value)) &&
    filters.label.every((value) => hasLabel(one.labels, value)) &&
    has("status", (value) => one.state.toLowerCase() === value) &&
    has("exited", (value) => one.state === "EXITED" && String(one.exitCode) === value) &&
    has("ancestor", (value) => isOfImage(one, value)) &&
    has("health", (value) => (one.health || "none") === value) &&
    has("volume", (value) => one.mounts.some(({ source, target }) => source === value || target === value)) &&
    has("network", (value) => one.networks.includes(value)) &&
    has("before", (value) => one.createdAtMs < (named(every, value)?.createdAtMs ?? 0)) &&
    has("since", (value) => one.createdAtMs > (named(every, value)?.createdAtMs ?? Number.POSITIVE_INFINITY)) &&
    has("publish", (value) => one.ports.some((port) => isPort(value, port.publishedPort, port.protocol))) &&
    has("expose", (value) => one.ports.some((port) => isPort(value, port.targetPort, port.protocol))) &&
    has("is-task", (value) => (one.taskId !== "") === (value === "true" || value === "1"))
  );
}

/**
 * A part of the name, which `^` and `$` pin to its ends; a slash may stand before it. Docker takes any regular
 * expression there, which whoever asks could make endless work of.
 */
function isNamed(name: string, wanted: string): boolean {
  const [, start = "", part = "", end = ""] = /^(\^?)\/?(.*?)(\$?)$/s.exec(wanted) ?? [];
  if (start !== "" && end !== "") return name === part;
  if (start !== "") return name.startsWith(part);
  return end === "" ? name.includes(part) : name.endsWith(part);
}

function isOfImage({ image, imageId }: ContainerSummary, wanted: string): boolean {
  const plain = image.replace(/@sha256:[0-9a-f]+$/, "");
  const names = [image, plain, plain.replace(/:[^:/]+$/, "")];
  return names.includes(wanted) || (wanted.length >= 4 && imageId.startsWith(wanted.replace(/^sha256:/, "")));
}

/** `8080`, `8080/tcp`, `8000-8100/udp`. */
function isPort(wanted: string, port: number, protocol: string): boolean {
  const [range = "", kind = "tcp"] = wanted.split("/");
  const [from = "", to = from] = range.split("-");
  return kind === protocol.toLowerCase() && port >= Number(from) && port <= Number(to);
}

function named(every: readonly ContainerSummary[], ref: string): ContainerSummary | undefined {
  const plain = ref.replace(/^\//, "");
  return every.find(({ id, name }) => name === plain || id.startsWith(plain));
}

function invalid(key: string, word: string, why: string): SwarmError {
  return new SwarmError("invalidArgument", `invalid filter '${key}=${word.slice(0, 100)}': ${why}`);
}
