import {
  dockerEventLine,
  EVENT_FILTERS,
  type EventFilters,
  matchesEvent,
  scopeOf,
} from "../../shared/docker-shape/event.ts";
import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { HostEvent } from "../../shared/rpc/gen/containers.ts";
import { parseSince, parseUntil } from "../../shared/run-text/instant.ts";
import type { Cli, Run } from "../cli.ts";
import { fillTemplate } from "../format/template.ts";
import { engineAt, imageEngine, upNodes } from "../image/engine.ts";
import { selfId } from "../names.ts";
import { parseFilters } from "../parse/filters.ts";
import { usageError } from "../parse/usage.ts";
import type { EVENTS_OPTIONS } from "./options.ts";

interface Asked {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly filters: EventFilters;
  readonly format: string;
}

export const run: Run<typeof EVENTS_OPTIONS> = async (cli, _args, flags) => {
  const nowMs = cli.clock.wallNow();
  const [since, until] = [flags.text("since"), flags.text("until")];
  const untilMs = until === undefined ? 0 : parseUntil(until, nowMs);
  const asked: Asked = {
    // An end alone asks for what has been, too.
    sinceMs: since === undefined ? (untilMs === 0 ? 0 : 1) : Math.max(1, parseSince(since, nowMs)),
    untilMs,
    filters: new Map(Object.entries(parseFilters(flags.list("filter"), EVENT_FILTERS))),
    format: flags.text("format") ?? "",
  };
  if (flags.is("allNodes")) {
    if (flags.has("node")) throw usageError("--all-nodes and --node cannot be combined");
    await followAll(cli, asked);
    return;
  }
  await using engine = await imageEngine(cli, flags.text("node"));
  const { sinceMs } = asked;
  for await (const event of engine.containers.events({ sinceMs, untilMs }, { signal: cli.signal })) {
    say(cli, event, asked, "");
    await cli.output.room(cli.signal);
  }
};

/** Each node by itself, as it comes. Every manager tells of the swarm: here only this host does. */
async function followAll(cli: Cli, asked: Asked): Promise<void> {
  const [self, nodes] = await Promise.all([selfId(cli), upNodes(cli)]);
  const { sinceMs, untilMs } = asked;
  const failures = await Promise.all(
    nodes.map(async ({ id, name }) => {
      await using engine = await engineAt(cli, { kind: "node", nodeId: id });
      try {
        for await (const event of engine.containers.events({ sinceMs, untilMs }, { signal: cli.signal })) {
          if (id === self || scopeOf(event) === "local") say(cli, event, asked, name);
          await cli.output.room(cli.signal);
        }
        return null;
      } catch (error) {
        if (cli.signal.aborted) throw error;
        cli.output.warn(`node ${name} is not followed any more: ${messageOf(error)}`);
        return name;
      }
    }),
  );
  const failed = failures.filter((name) => name !== null);
  if (failed.length > 0) throw new SwarmError("unavailable", `not all nodes were followed: ${failed.join(", ")}`);
}

function say(cli: Cli, event: HostEvent, { filters, format }: Asked, node: string): void {
  if (event.missed) cli.output.warn("Events before the next one have been forgotten by the host");
  if (!matchesEvent(event, filters)) return;
  const line = dockerEventLine(event).trimEnd();
  if (format === "json") cli.output.line(line);
  else if (format !== "") cli.output.line(fillTemplate(format, JSON.parse(line)));
  else cli.output.line(`${eventText(event)}${node === "" ? "" : ` on ${node}`}`);
}

/** As Docker prints an event. */
export function eventText({ timeMs, type, action, actor, attributes }: HostEvent): string {
  const pairs = Object.keys(attributes)
    .sort()
    .map((key) => `${key}=${attributes[key]}`);
  const time = new Date(timeMs).toISOString().replace("Z", "000000Z");
  return `${time} ${type} ${action} ${actor}${pairs.length === 0 ? "" : ` (${pairs.join(", ")})`}`;
}
