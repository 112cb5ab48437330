import type { ContainerSpec, Mount, PortConfig, ServiceSpec } from "../rpc/gen/objects.ts";
import { SERVICE_FIELDS } from "../service-spec/fields.ts";
import { fillPart } from "../service-spec/fill-part.ts";
import { valueAt, withValueAt } from "../service-spec/paths.ts";
import { type DockerJson, isEmpty } from "./common.ts";
import { valueIn } from "./json-shape.ts";

const TASK = "TaskTemplate";
const CONTAINER = `${TASK}.ContainerSpec`;

/**
 * What Docker's clients can say of a service, among the fields of the table. They drop everything else from the spec
 * that they read, change and send back; of these fields, absence has a meaning.
 */
const DOCKERS: ReadonlySet<string> = new Set([
  ...["Labels", "Mode.Replicated.Replicas", "EndpointSpec.Mode", "EndpointSpec.Ports"],
  ...["Mode.ReplicatedJob.TotalCompletions", "Mode.ReplicatedJob.MaxConcurrent"],
  ...["Labels", "Command", "Args", "Hostname", "Env", "Dir", "User", "Groups", "Init", "StopSignal", "TTY"].map(inside),
  ...["OpenStdin", "ReadOnly", "Mounts", "StopGracePeriod", "Hosts", "Secrets", "OomScoreAdj", "Configs"].map(inside),
  ...["Sysctls", "Ulimits", "DNSConfig.Nameservers", "DNSConfig.Search", "DNSConfig.Options"].map(inside),
  ...["Interval", "Timeout", "Retries", "StartPeriod", "StartInterval"].map((key) => inside(`Healthcheck.${key}`)),
  ...["Limits.NanoCPUs", "Limits.MemoryBytes", "Limits.Pids", "SwapBytes", "MemorySwappiness"].map(ofResources),
  ...["NanoCPUs", "MemoryBytes", "GenericResources"].map((key) => ofResources(`Reservations.${key}`)),
  ...["Condition", "Delay", "MaxAttempts", "Window"].map((key) => `${TASK}.RestartPolicy.${key}`),
  ...["Constraints", "Preferences", "MaxReplicas"].map((key) => `${TASK}.Placement.${key}`),
  ...["Networks", "LogDriver.Name", "LogDriver.Options"].map((key) => `${TASK}.${key}`),
  ...["UpdateConfig", "RollbackConfig"].flatMap((part) =>
    ["Parallelism", "Delay", "FailureAction", "Monitor", "MaxFailureRatio", "Order"].map((key) => `${part}.${key}`),
  ),
]);

function inside(key: string): string {
  return `${CONTAINER}.${key}`;
}

function ofResources(key: string): string {
  return `${TASK}.Resources.${key}`;
}

/** The fields that Docker's clients know nothing of. */
export const OUR_FIELDS = SERVICE_FIELDS.filter(({ docker }) => !DOCKERS.has(docker));

/**
 * The spec of an update with what its JSON cannot say left as it is: without that, `docker service update --image`
 * would end dependencies, schedules, canaries and whatever else Docker does not know. Whoever does know a field ends it
 * with an empty value.
 * @param json as it was sent. @param spec what was read from it. @param present the service's spec.
 */
export function keepUnsaid(json: DockerJson, spec: ServiceSpec, present: ServiceSpec): ServiceSpec {
  let kept = spec;
  for (const { path, docker, onlyFor } of OUR_FIELDS) {
    const value = valueAt(present, path);
    if (value === undefined || isEmpty(value) || valueIn(json, docker) !== undefined) continue;
    if (spec.mode === undefined || onlyFor?.includes(spec.mode) === false) continue;
    kept = withValueAt(kept, path, value, fillPart);
  }
  const container = kept.task?.container;
  const before = present.task?.container;
  if (kept.task === null || !container || !before) return kept;
  const whole = { ...container, mounts: keptMounts(json, container, before), ...keptPrivileges(json, before) };
  return { ...kept, task: { ...kept.task, container: whole }, endpoint: keptPorts(json, kept, present) };
}

/** A mount or a port is the same one if all is the same that Docker knows it by. */
function keptMounts(json: DockerJson, { mounts }: ContainerSpec, before: ContainerSpec): readonly Mount[] {
  const said = listIn(json, inside("Mounts"));
  return mounts.map((mount, at) => {
    if (valueIn(said[at], "VolumeOptions.PerSlot") !== undefined) return mount;
    const { type, source, target } = mount;
    const same = before.mounts.find((each) => each.target === target && each.type === type && each.source === source);
    return same === undefined ? mount : { ...mount, volumePerSlot: same.volumePerSlot };
  });
}

function keptPorts(json: DockerJson, { endpoint }: ServiceSpec, present: ServiceSpec): ServiceSpec["endpoint"] {
  if (endpoint === null) return endpoint;
  const said = listIn(json, "EndpointSpec.Ports");
  const key = ({ protocol, targetPort, publishedPort, publishMode }: PortConfig): string =>
    [protocol, targetPort, publishedPort, publishMode].join();
  const before = present.endpoint?.ports ?? [];
  const ports = endpoint.ports.map((port, at) => {
    const same = before.filter((each) => key(each) === key(port));
    const [one] = same;
    const isSaid = ["HostIP", "LocalFirst"].some((name) => valueIn(said[at], name) !== undefined);
    // Of several that Docker cannot tell apart, each has its turn.
    const nth = endpoint.ports.slice(0, at).filter((each) => key(each) === key(port)).length;
    const kept = same[nth] ?? one;
    return isSaid || kept === undefined ? port : { ...port, hostIp: kept.hostIp, localFirst: kept.localFirst };
  });
  return { ...endpoint, ports };
}

function keptPrivileges(json: DockerJson, before: ContainerSpec): Partial<ContainerSpec> {
  const isSaid = (name: string): boolean => valueIn(json, inside(`Privileges.${name}`)) !== undefined;
  // Docker knows only that a profile was given, not its name.
  const isNamed = valueIn(json, inside("Privileges.AppArmor.Mode")) === "custom" && !isSaid("AppArmor.Profile");
  return {
    ...(isSaid("UnconfinedPaths") ? {} : { unconfinedPaths: before.unconfinedPaths }),
    ...(isSaid("WritableCgroups") ? {} : { writableCgroups: before.writableCgroups }),
    ...(isNamed ? { apparmor: before.apparmor } : {}),
  };
}

function listIn(json: DockerJson, path: string): readonly unknown[] {
  const value = valueIn(json, path);
  return Array.isArray(value) ? value : [];
}
