import { fieldOf } from "../../shared/docker-shape/json-shape.ts";
import { toDockerVolume } from "../../shared/docker-shape/volume.ts";
import { SwarmError } from "../../shared/errors.ts";
import type { Volume } from "../../shared/rpc/gen/volumes.ts";
import { type Answer, empty, json } from "../answer.ts";
import { readJson } from "../body.ts";
import { filterFlag } from "../filter-values.ts";
import { LONG_CALL_MS } from "../limits.ts";
import { checkFilters } from "../query.ts";
import { type Call, notOffered, param, type Route } from "../route.ts";

/** Since 1.42 a prune takes anonymous volumes alone, unless it is told otherwise. */
const ANONYMOUS_ONLY_SINCE = 42;

async function create({ backend, body, signal }: Call): Promise<Answer> {
  const said = (await readJson(body)) ?? {};
  if ((fieldOf(said, "ClusterVolumeSpec") ?? null) !== null) throw noClusterVolumes();
  const request = {
    name: textOf(fieldOf(said, "Name"), "Name"),
    driver: textOf(fieldOf(said, "Driver"), "Driver"),
    options: wordsOf(fieldOf(said, "DriverOpts"), "DriverOpts"),
    labels: wordsOf(fieldOf(said, "Labels"), "Labels"),
  };
  if (!["", "local"].includes(request.driver)) {
    const plugin = JSON.stringify(request.driver);
    throw new SwarmError("notFound", `error looking up volume plugin ${request.driver}: plugin ${plugin} not found`);
  }
  const { volume } = await backend.engine({ kind: "here" }).volumes.create(request, { signal });
  return json(toDockerVolume(volume as Volume), 201);
}

async function list({ backend, query, signal }: Call): Promise<Answer> {
  const filters = query.filters();
  checkFilters(filters, ["dangling", "driver", "label", "name"]);
  const dangling = filterFlag(filters, "dangling");
  const drivers = filters.get("driver");
  const { volumes } = await backend.engine({ kind: "here" }).volumes.list(
    {
      names: filters.get("name") ?? [],
      labels: filters.get("label") ?? [],
      ...(dangling === undefined ? {} : { dangling }),
    },
    { signal },
  );
  const shown = drivers === undefined || drivers.includes("local") ? volumes : [];
  return json({ Volumes: shown.map(toDockerVolume), Warnings: null });
}

async function inspect(call: Call): Promise<Answer> {
  const { volumes } = call.backend.engine({ kind: "here" });
  const { volume } = await volumes.inspect({ name: param(call, "name") }, { signal: call.signal });
  return json(toDockerVolume(volume as Volume));
}

async function remove(call: Call): Promise<Answer> {
  const request = { name: param(call, "name"), force: call.query.flag("force") };
  const options = { signal: call.signal, timeoutMs: LONG_CALL_MS };
  await call.backend.engine({ kind: "here" }).volumes.remove(request, options);
  return empty();
}

async function prune({ backend, query, signal, minor, log }: Call): Promise<Answer> {
  const filters = query.filters();
  checkFilters(filters, ["label", "label!", "all"]);
  const request = {
    all: filterFlag(filters, "all") ?? minor < ANONYMOUS_ONLY_SINCE,
    labels: filters.get("label") ?? [],
    withoutLabels: filters.get("label!") ?? [],
  };
  const { volumes } = backend.engine({ kind: "here" });
  const pruned = await volumes.prune(request, { signal, timeoutMs: LONG_CALL_MS });
  // The answer has no place for them.
  for (const failure of pruned.failures) log.warn("a volume could not be pruned", { error: failure });
  return json({ VolumesDeleted: pruned.removed, SpaceReclaimed: pruned.reclaimedBytes });
}

function textOf(value: unknown, name: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  throw new SwarmError("invalidArgument", `invalid ${name}: it is not a string`);
}

function wordsOf(value: unknown, name: string): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  const isObject = typeof value === "object" && !Array.isArray(value);
  if (isObject && Object.values(value).every((each) => typeof each === "string")) {
    return value as Readonly<Record<string, string>>;
  }
  throw new SwarmError("invalidArgument", `invalid ${name}: it is not an object of strings`);
}

const NO_CLUSTER_VOLUMES = "volumes of a cluster (CSI) are not offered: use volumes of hosts, or volume-per-slot";

function noClusterVolumes(): SwarmError {
  return new SwarmError("unimplemented", NO_CLUSTER_VOLUMES);
}

export const volumeRoutes: readonly Route[] = [
  { method: "GET", path: "/volumes", handle: list },
  { method: "POST", path: "/volumes/create", handle: create },
  { method: "POST", path: "/volumes/prune", handle: prune },
  { method: "GET", path: "/volumes/{name}", handle: inspect },
  { method: "DELETE", path: "/volumes/{name}", handle: remove },
  notOffered("PUT", "/volumes/{name}", NO_CLUSTER_VOLUMES),
];
