import { toRfc3339 } from "../../shared/docker-shape/common.ts";
import { humanBytes } from "../../shared/human-bytes.ts";
import type { InfoResponse } from "../../shared/rpc/gen/local.ts";
import type { ClusterSpec } from "../../shared/rpc/gen/objects.ts";
import { REBALANCE_DEFAULTS } from "../../shared/service-spec/defaults.ts";
import type { Run } from "../cli.ts";
import { goDuration } from "../format/age.ts";
import { type Field, prettyLines, printInspected } from "../format/inspect.ts";
import type { INFO_OPTIONS } from "./options.ts";

export const run: Run<typeof INFO_OPTIONS> = async (cli, _args, flags) => {
  const local = await cli.api.local();
  const info = await local.info({}, { signal: cli.signal });
  const format = flags.text("format") ?? "";
  if (format !== "") printInspected([toDockerInfo(info)], format, cli.output);
  else for (const line of prettyLines(fieldsOf(info))) cli.output.line(line.replace("\t", " "));
  for (const warning of info.warnings) cli.output.warn(`WARNING: ${warning}`);
};

/** The part of Docker's /info that is about swarms. */
function toDockerInfo(info: InfoResponse): Readonly<Record<string, unknown>> {
  const { description } = info;
  return {
    Name: info.hostname,
    ServerVersion: info.version,
    ContainersRunning: info.containersRunning,
    NCPU: (description?.resources?.nanoCpus ?? 0) / 1e9,
    MemTotal: description?.resources?.memoryBytes ?? 0,
    OSType: description?.platform?.os ?? "",
    Architecture: description?.platform?.architecture ?? "",
    StartedAt: toRfc3339(info.startedAtMs),
    EventLoopDelay: { P99Ms: info.loopDelay?.p99Ms ?? 0, MaxMs: info.loopDelay?.maxMs ?? 0 },
    DockerAPI: info.dockerApiAddresses,
    Warnings: info.warnings,
    Swarm: {
      NodeID: info.nodeId,
      NodeAddr: info.nodeAddress,
      LocalNodeState: info.state.toLowerCase(),
      ControlAvailable: info.controlAvailable,
      Error: info.error,
      RemoteManagers: info.remoteManagers.map(({ nodeId, address }) => ({ NodeID: nodeId, Addr: address })),
      Nodes: info.nodes,
      Managers: info.managers,
      Cluster: { ID: info.clusterId, DataPathPort: info.dataPathPort },
    },
  };
}

function fieldsOf(info: InfoResponse): readonly Field[] {
  const { clusterSpec, description } = info;
  return [
    ["Name", info.hostname],
    ["Server Version", info.version],
    ["Containers Running", String(info.containersRunning)],
    ["CPUs", description === null ? "" : String((description.resources?.nanoCpus ?? 0) / 1e9)],
    ["Total Memory", description === null ? "" : humanBytes(description.resources?.memoryBytes ?? 0)],
    ["Architecture", description?.platform?.architecture ?? ""],
    ["Event Loop Delay", describeDelay(info)],
    ["Docker API", info.dockerApiAddresses.join(" ")],
    ["Swarm", info.state.toLowerCase()],
    ...(info.nodeId === "" ? [] : swarmFields(info)),
    ...(clusterSpec === null
      ? []
      : ([
          [
            "Settings",
            [
              ["Task History Retention Limit", keptTasks(clusterSpec.taskHistoryRetentionLimit)],
              ["Snapshot Interval", `${clusterSpec.snapshotInterval} log entries`],
              ["Log Entries Kept for Slow Managers", String(clusterSpec.logEntriesForSlowFollowers)],
              ["Heartbeat Period", goDuration(clusterSpec.heartbeatPeriodMs)],
              ["Disconnect Grace", goDuration(clusterSpec.disconnectGraceMs)],
              ["Certificate Expiry", lifetime(clusterSpec.nodeCertExpiryMs)],
              ["Autolock", clusterSpec.autoLockManagers ? "on" : "off"],
              ["Preemption", clusterSpec.preemption ? "on" : "off"],
              ["Placement Strategy", clusterSpec.placementStrategy || "spread"],
              ["Rebalance", rebalanceText(clusterSpec)],
            ],
          ],
        ] as const)),
    ["Error", info.error],
  ];
}

/** Over the last minute or two: the longest that heartbeats and answers have waited. */
function describeDelay({ loopDelay }: InfoResponse): string {
  return loopDelay === null ? "" : `p99 ${loopDelay.p99Ms} ms, max ${loopDelay.maxMs} ms`;
}

function swarmFields(info: InfoResponse): readonly Field[] {
  return [
    [" NodeID", info.nodeId],
    [" Is Manager", String(info.controlAvailable)],
    [" ClusterID", info.clusterId],
    [" Managers", info.managers === 0 ? "" : String(info.managers)],
    [" Nodes", info.nodes === 0 ? "" : String(info.nodes)],
    [" Data Path Port", info.dataPathPort === 0 ? "" : String(info.dataPathPort)],
    [" Node Address", info.nodeAddress],
    [" Manager Addresses", info.remoteManagers.map(({ address }) => address)],
  ];
}

const DAY_MS = 86_400_000;

const keptTasks = (limit: number): string => (limit < 0 ? "all" : String(limit));

/** What is 0 is not chosen. */
function rebalanceText({ rebalance }: ClusterSpec): string {
  const parallelism = rebalance?.parallelism || REBALANCE_DEFAULTS.parallelism;
  const gainMin = rebalance?.gainMin || REBALANCE_DEFAULTS.gainMin;
  const cooldown = goDuration(rebalance?.cooldownMs || REBALANCE_DEFAULTS.cooldownMs);
  const word = rebalance?.background === true ? "on" : "off";
  return `${word} (parallelism ${parallelism}, minimum gain ${gainMin}, cooldown ${cooldown})`;
}

/** In days where it is whole ones, as people choose it. */
function lifetime(ms: number): string {
  return ms % DAY_MS === 0 && ms > DAY_MS ? `${ms / DAY_MS} days` : goDuration(ms);
}
