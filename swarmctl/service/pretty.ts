import { isEmpty } from "../../shared/docker-shape/common.ts";
import { humanBytes } from "../../shared/human-bytes.ts";
import { unreachable } from "../../shared/invariant.ts";
import { type ContentKind, filePath } from "../../shared/objects/file-reference.ts";
import type { FileReference, Mount, PortConfig, Service, ServiceSpec } from "../../shared/rpc/gen/objects.ts";
import { dependencyText } from "../../shared/service-spec/dependencies.ts";
import { SERVICE_FIELDS } from "../../shared/service-spec/fields.ts";
import { modeText } from "../../shared/service-spec/modes.ts";
import { valueAt } from "../../shared/service-spec/paths.ts";
import { ago } from "../format/age.ts";
import type { Field } from "../format/inspect.ts";
import { pretty } from "../names.ts";
import { pairs, shown } from "./field-text.ts";
import { securityTexts } from "./pretty-access.ts";

/** What `service inspect --pretty` shows, in order. */
export function serviceFields(
  service: Service,
  nowMs: number,
  networks: ReadonlyMap<string, string> = new Map(),
): readonly Field[] {
  const { spec, updateStatus } = service;
  if (spec === null) return [["ID", service.id]];
  return [
    ["ID", service.id],
    ["Name", spec.annotations?.name ?? ""],
    ["Labels", pairs(spec.annotations?.labels ?? {})],
    ["Troubles", service.troubles.map(({ loop, sentence }) => [loop, sentence] as const)],
    ["Service Mode", pretty(spec.mode === undefined ? "unknown" : modeText(spec.mode))],
    ...modeFields(spec),
    ["Autoscaled", autoscaledText(service, nowMs)],
    ["Job", jobFields(service, nowMs)],
    ["Schedule", section(spec, "Schedule")],
    ["Depends On", spec.dependsOn.map(dependencyText)],
    ...(updateStatus === null
      ? []
      : ([
          [
            "UpdateStatus",
            [
              ["State", updateStatus.state.toLowerCase()],
              ["Started", ago(updateStatus.startedAtMs, nowMs)],
              ["Completed", updateStatus.completedAtMs === 0 ? "" : ago(updateStatus.completedAtMs, nowMs)],
              ["Message", updateStatus.message],
            ],
          ],
        ] as const)),
    ["Canary", canaryFields(service)],
    ["Pre-Deploy", [...section(spec, "Pre-Deploy"), ...preDeployFields(service, nowMs)]],
    ["Placement", section(spec, "Placement")],
    ["UpdateConfig", section(spec, "UpdateConfig")],
    ["RollbackConfig", section(spec, "RollbackConfig")],
    [
      "ContainerSpec",
      [
        ["Image", spec.task?.container?.image ?? ""],
        ...section(spec, "ContainerSpec"),
        ["Security Options", securityTexts(spec)],
      ],
    ],
    ["Mounts", mountFields(spec)],
    ["Configs", fileFields("config", spec.task?.container?.configs)],
    ["Secrets", fileFields("secret", spec.task?.container?.secrets)],
    [
      "Resources",
      [
        ["Reservations", section(spec, "Resources/Reservations")],
        ["Limits", section(spec, "Resources/Limits")],
        ...section(spec, "Resources"),
      ],
    ],
    ["Log Driver", section(spec, "Log Driver")],
    ["Networks", networkNames(spec, networks).join(" ")],
    ["Endpoint Mode", (spec.endpoint?.mode ?? "VIP").toLowerCase()],
    ["Ports", { lines: (service.endpoint?.ports ?? []).flatMap(portLines) }],
  ];
}

function canaryFields({ canary }: Service): readonly Field[] {
  if (canary === null) return [];
  const places = canary.nodeIds.length > 0 ? canary.nodeIds : canary.slots.map(String);
  return [
    [canary.nodeIds.length > 0 ? "Nodes" : "Slots", canary.all ? "all" : places.join(" ")],
    ["Spec before", String(canary.baseGeneration)],
    ["Image before", canary.base?.task?.container?.image ?? ""],
  ];
}

function preDeployFields({ preDeploy }: Service, nowMs: number): readonly Field[] {
  if (preDeploy === null) return [];
  return [
    ["State", preDeploy.state.toLowerCase()],
    ["Started", preDeploy.startedAtMs === 0 ? "" : ago(preDeploy.startedAtMs, nowMs)],
    ["Message", preDeploy.failure],
  ];
}

function mountFields({ task }: ServiceSpec): readonly Field[] {
  return (task?.container?.mounts ?? []).flatMap((mount): readonly Field[] => [
    ["Target", mount.target],
    [" Source", mount.source],
    [" ReadOnly", String(mount.readOnly)],
    [" Type", mount.type.toLowerCase()],
    // Docker shows no more than the four above.
    ...mountOptionFields(mount),
  ]);
}

function mountOptionFields(mount: Mount): readonly Field[] {
  return [
    [" Propagation", mount.bindPropagation === "RPRIVATE" ? "" : mount.bindPropagation.toLowerCase()],
    [" Recursive", mount.bindRecursive === "ENABLED" ? "" : mount.bindRecursive.toLowerCase()],
    [" Create", mount.bindCreate ? "true" : ""],
    [" NoCopy", mount.volumeNoCopy ? "true" : ""],
    [" Driver", mount.volumeDriver],
    [" Options", pairs(mount.volumeOptions)],
    [" Labels", pairs(mount.volumeLabels)],
    [" Subpath", mount.volumeSubpath],
    [" PerSlot", mount.volumePerSlot ? "true" : ""],
    [" Size", mount.tmpfsSizeBytes === 0 ? "" : humanBytes(mount.tmpfsSizeBytes)],
    [" Mode", mount.tmpfsMode === 0 ? "" : mount.tmpfsMode.toString(8)],
    [" Options", mount.tmpfsOptions],
  ];
}

/** By name; by id where a network is gone. */
function networkNames({ task }: ServiceSpec, names: ReadonlyMap<string, string>): readonly string[] {
  return (task?.networks ?? []).map(({ target }) => names.get(target) ?? target);
}

function fileFields(kind: ContentKind, references: readonly FileReference[] = []): readonly Field[] {
  return references.flatMap((reference): readonly Field[] => [
    ["Target", filePath(kind, reference)],
    [" Source", reference.sourceName],
  ]);
}

function portLines(port: PortConfig): readonly string[] {
  return [
    ` PublishedPort = ${port.publishedPort}`,
    `  Protocol = ${port.protocol.toLowerCase()}`,
    `  TargetPort = ${port.targetPort}`,
    `  PublishMode = ${port.publishMode.toLowerCase()}`,
    ...(port.hostIp === "" ? [] : [`  HostIP = ${port.hostIp}`]),
    ...(port.localFirst ? ["  LocalFirst = true"] : []),
  ];
}

function autoscaledText({ autoscaleStatus }: Service, nowMs: number): string {
  if (autoscaleStatus === null) return "";
  const { replicas, atMs, reason } = autoscaleStatus;
  return `to ${replicas === 1 ? "1 task" : `${replicas} tasks`} ${ago(atMs, nowMs)}: ${reason}`;
}

function jobFields({ jobStatus }: Service, nowMs: number): readonly Field[] {
  if (jobStatus === null) return [];
  return [
    ["Iteration", String(jobStatus.iteration)],
    ["Last Execution", jobStatus.lastExecutionMs === 0 ? "none yet" : ago(jobStatus.lastExecutionMs, nowMs)],
    ["Next Run", jobStatus.nextRunMs === 0 ? "" : new Date(jobStatus.nextRunMs).toISOString()],
  ];
}

function modeFields(spec: ServiceSpec): readonly Field[] {
  switch (spec.mode) {
    case "replicated":
      return [
        [" Replicas", String(spec.replicated.replicas)],
        [" Autoscale", spec.replicated.autoscale],
      ];
    case "replicatedJob":
      return [
        [" Max Concurrent", String(spec.replicatedJob.maxConcurrent)],
        [" Total Completions", String(spec.replicatedJob.totalCompletions)],
      ];
    case "global":
    case "globalJob":
    case undefined:
      return [];
    default:
      return unreachable(spec);
  }
}

/** The rows of a section that are not empty, including defaults. */
function section(spec: ServiceSpec, name: string): readonly Field[] {
  return SERVICE_FIELDS.flatMap(
    ({ path, type, pretty: place, default: unsaid, dockerShowsEmpty, onlyFor }): readonly Field[] => {
      if (place?.[0] !== name || (spec.mode !== undefined && onlyFor?.includes(spec.mode) === false)) return [];
      const value = valueAt(spec, path) ?? unsaid;
      const isSilent = value === undefined || (isEmpty(value) && dockerShowsEmpty !== true);
      return isSilent ? [] : [[place[1], shown(type, value)]];
    },
  );
}
