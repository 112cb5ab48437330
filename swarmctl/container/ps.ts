import type { ContainerSummary } from "../../shared/rpc/gen/containers.ts";
import type { Run } from "../cli.ts";
import { formatList } from "../format/list.ts";
import { type Filters, hasLabel, parseFilters } from "../parse/filters.ts";
import { parseWhole } from "../parse/numbers.ts";
import { containersOf } from "./host.ts";
import type { PS_OPTIONS } from "./options.ts";
import { CONTAINER_COLUMNS, containerRow } from "./row.ts";

const KEYS = [
  ...(["id", "name", "label", "status", "exited", "ancestor", "health", "volume", "network"] as const),
  ...(["before", "since", "publish", "expose", "is-task"] as const),
] as const;
type Key = (typeof KEYS)[number];

export const run: Run<typeof PS_OPTIONS> = async (cli, _args, flags) => {
  const filters = parseFilters(flags.list("filter"), KEYS);
  const last = flags.is("latest") ? 1 : flags.text("last");
  const count = last === undefined ? null : parseWhole(String(last), "--last", { min: -1 });
  const isAll = flags.is("all") || count !== null || filters.status.length > 0 || filters.exited.length > 0;
  const containers = await containersOf(cli, flags);
  const { containers: every } = await containers.list({ all: true }, { signal: cli.signal });
  const shown = every
    .filter(({ state }) => isAll || state === "RUNNING" || state === "PAUSED" || state === "RESTARTING")
    .filter((one) => matches(one, filters, every));
  const rows = (count === null || count < 0 ? shown : shown.slice(0, count)).map((one) =>
    containerRow(one, { nowMs: cli.clock.wallNow(), wide: flags.is("noTrunc") }),
  );
  const options = { quiet: flags.is("quiet"), format: flags.text("format") ?? "" };
  for (const line of formatList({ rows, columns: CONTAINER_COLUMNS, id: (row) => row.ID }, options)) {
    cli.output.line(line);
  }
};

/** For every key that was given, one of its values must match; of labels all. */
export function matches(one: ContainerSummary, filters: Filters<Key>, every: readonly ContainerSummary[]): boolean {
  const has = (key: Key, test: (value: string) => boolean): boolean =>
    filters[key].length === 0 || filters[key].some(test);
  const named = (ref: string): ContainerSummary | undefined =>
    every.find(({ id, name }) => name === ref || id.startsWith(ref));
  return (
    has("id", (value) => one.id.startsWith(value)) &&
    has("name", (value) => one.name.includes(value.replace(/^\//, ""))) &&
    filters.label.every((value) => hasLabel(one.labels, value)) &&
    has("status", (value) => one.state.toLowerCase() === value) &&
    has("exited", (value) => one.state === "EXITED" && String(one.exitCode) === value) &&
    has("ancestor", (value) => isOfImage(one, value)) &&
    has("health", (value) => (one.health || "none") === value) &&
    has("volume", (value) => one.mounts.some(({ source, target }) => source === value || target === value)) &&
    has("network", (value) => one.networks.includes(value)) &&
    has("before", (value) => one.createdAtMs < (named(value)?.createdAtMs ?? 0)) &&
    has("since", (value) => one.createdAtMs > (named(value)?.createdAtMs ?? Number.POSITIVE_INFINITY)) &&
    has("publish", (value) => one.ports.some((port) => isPort(value, port.publishedPort, port.protocol))) &&
    has("expose", (value) => one.ports.some((port) => isPort(value, port.targetPort, port.protocol))) &&
    has("is-task", (value) => (one.taskId !== "") === (value === "true" || value === "1"))
  );
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
