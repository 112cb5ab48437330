import type { ContainerKey } from "../../../shared/ids.ts";
import { isTaskKey } from "../../../shared/objects/container-id.ts";
import { type Clock, sleep } from "../../../shared/ports/clock.ts";
import type { ContainerStats, StatsRequest, StatsResponse } from "../../../shared/rpc/gen/streams.ts";
import type { CallContext, Send } from "../../../shared/rpc/handler.ts";
import type { Sendable } from "../../../shared/rpc/sendable.ts";
import type { ContainerLookup, KnownContainer } from "../../executor/container-lookup.ts";
import type { HostFiles } from "../../ports/host-files.ts";
import { readLinks, readUsage } from "./usage.ts";
import { readDetails } from "./use-details.ts";

export interface StatsParts {
  readonly lookup: ContainerLookup;
  readonly files: Pick<HostFiles, "readText">;
  /** Path of a container's control group. */
  readonly groupOf: (key: ContainerKey) => string;
  readonly clock: Clock;
}

/** How often what is followed is looked at; nothing is looked at while nobody follows. */
const STATS_PERIOD_MS = 1_000;

/** What running containers use, once or once a second. @throws SwarmError notFound for one that is not here. */
export async function stats(
  parts: StatsParts,
  { containers, follow, details }: StatsRequest,
  { signal }: CallContext,
  send: Send<Sendable<StatsResponse>>,
): Promise<void> {
  const wanted = await Promise.all(containers.map((ref) => parts.lookup.find(ref)));
  for (;;) {
    const among = wanted.length === 0 ? parts.lookup.all() : wanted;
    const found = await Promise.all(among.map((container) => look(parts, container, details)));
    await send({ containers: found.filter((one) => one !== null) });
    if (!follow) return;
    await sleep(parts.clock, STATS_PERIOD_MS, "stats", signal);
  }
}

/** null = it does not run. */
async function look(
  { lookup, files, groupOf, clock }: StatsParts,
  { key, id, name }: KnownContainer,
  isDetailed: boolean,
): Promise<ContainerStats | null> {
  const fact = await lookup.inspect(key);
  if (fact.kind !== "running") return null;
  const read = (path: string): Promise<string | null> => files.readText(path).catch(() => null);
  const group = groupOf(key);
  const [usage, links, details] = await Promise.all([
    readUsage(group, read),
    read(`/proc/${fact.pid}/net/dev`),
    isDetailed ? readDetails(group, fact.pid, read) : null,
  ]);
  return {
    ...{ id, name, taskId: isTaskKey(key) ? key : "", atMs: Math.round(clock.now()) },
    ...usage,
    ...readLinks(links ?? ""),
    details: details === null ? null : { ...details, readAtMs: clock.wallNow() },
  };
}
