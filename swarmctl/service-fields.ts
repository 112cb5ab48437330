import { unreachable } from "../shared/invariant.ts";
import type { PortConfig, Resources, Service, ServiceSpec } from "../shared/rpc/gen/objects.ts";
import { ago, goDuration, humanBytes } from "./format/age.ts";
import type { Field } from "./format/inspect.ts";
import { pretty } from "./names.ts";

/** What `service inspect --pretty` shows, in order. */
export function serviceFields(service: Service, nowMs: number): readonly Field[] {
  const { spec, updateStatus } = service;
  if (spec === null) return [["ID", service.id]];
  return [
    ["ID", service.id],
    ["Name", spec.annotations?.name ?? ""],
    ["Labels", pairs(spec.annotations?.labels)],
    ...(service.trouble === "" ? [] : ([["Trouble", service.trouble]] as const)),
    ["Service Mode", pretty(spec.mode ?? "unknown")],
    ...modeFields(spec),
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
    ["Placement", placementFields(spec)],
    ["UpdateConfig", updateFields(spec)],
    ["ContainerSpec", containerFields(spec)],
    ["Mounts", mountFields(spec)],
    [
      "Resources",
      [
        ["Reservations", resourceFields(spec.task?.reservations ?? null)],
        ["Limits", resourceFields(spec.task?.limits ?? null)],
      ],
    ],
    ["Endpoint Mode", (spec.endpoint?.mode ?? "VIP").toLowerCase()],
    ["Ports", { lines: (service.endpoint?.ports ?? []).flatMap(portLines) }],
  ];
}

function modeFields(spec: ServiceSpec): readonly Field[] {
  switch (spec.mode) {
    case "replicated":
      return [[" Replicas", String(spec.replicated.replicas)]];
    case "global":
    case undefined:
      return [];
    default:
      return unreachable(spec);
  }
}

function placementFields({ task }: ServiceSpec): readonly Field[] {
  const maxReplicas = task?.placement?.maxReplicas ?? 0;
  return [
    ["Constraints", task?.placement?.constraints ?? []],
    ["Max Replicas Per Node", maxReplicas === 0 ? "" : String(maxReplicas)],
  ];
}

function updateFields({ update }: ServiceSpec): readonly Field[] {
  return [
    ["Parallelism", String(update?.parallelism ?? 1)],
    ["Delay", update === null || update.delayMs === 0 ? "" : goDuration(update.delayMs)],
    ["On failure", (update?.failureAction ?? "PAUSE").toLowerCase()],
    ["Monitoring Period", goDuration(update?.monitorMs ?? 5_000)],
    ["Max failure ratio", String(update?.maxFailureRatio ?? 0)],
    ["Update order", (update?.order ?? "STOP_FIRST").toLowerCase().replace("_", "-")],
  ];
}

function containerFields({ task }: ServiceSpec): readonly Field[] {
  const container = task?.container ?? null;
  if (container === null) return [];
  return [
    ["Image", container.image],
    ["Command", container.command.join(" ")],
    ["Args", container.args.join(" ")],
    ["Env", container.env],
    ["Dir", container.dir],
    ["User", container.user],
    ["Hostname", container.hostname],
    ["Init", String(container.init)],
  ];
}

function mountFields({ task }: ServiceSpec): readonly Field[] {
  return (task?.container?.mounts ?? []).flatMap(({ type, source, target, readOnly }): readonly Field[] => [
    ["Target", target],
    [" Source", source],
    [" ReadOnly", String(readOnly)],
    [" Type", type.toLowerCase()],
  ]);
}

function portLines(port: PortConfig): readonly string[] {
  return [
    ` PublishedPort = ${port.publishedPort}`,
    `  Protocol = ${port.protocol.toLowerCase()}`,
    `  TargetPort = ${port.targetPort}`,
    `  PublishMode = ${port.publishMode.toLowerCase()}`,
  ];
}

function resourceFields(resources: Resources | null): readonly Field[] {
  if (resources === null) return [];
  return [
    ["CPU", resources.nanoCpus === 0 ? "" : String(resources.nanoCpus / 1e9)],
    ["Memory", resources.memoryBytes === 0 ? "" : humanBytes(resources.memoryBytes)],
    ["PIDs", resources.pids === 0 ? "" : String(resources.pids)],
  ];
}

function pairs(labels: Readonly<Record<string, string>> | undefined): readonly string[] {
  return Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
}
