/** The table of a service's keys: what each takes, and where it goes. */
import { build } from "./build-kind.ts";
import {
  field,
  labels,
  listOf,
  many,
  map,
  maybe,
  must,
  type ObjectKind,
  object,
  oneOrMore,
  options,
  orNothing,
  type Shape,
  variables,
} from "./collection-kinds.ts";
import type { ComposeDeploy } from "./deploy.ts";
import { deploy } from "./deploy-kind.ts";
import type { Kind } from "./kind.ts";
import { devices, files, volumes } from "./mounts.ts";
import { ports } from "./ports.ts";
import { bytes, choice, duration, flag, path, real, scalarKind, text, textOrNumber, whole } from "./scalar-kinds.ts";
import type {
  BlockIo,
  ComposeHealthcheck,
  ComposeService,
  CredentialSpec,
  Develop,
  DeviceRate,
  Logging,
  Provider,
  Watch,
} from "./service.ts";
import * as forms from "./service-forms.ts";

const texts = listOf(text);

const healthcheck: Kind<ComposeHealthcheck> = object<ComposeHealthcheck>({
  isDisabled: field("disable", flag, false),
  test: maybe("test", forms.healthTest),
  intervalMs: maybe("interval", duration),
  timeoutMs: maybe("timeout", duration),
  startPeriodMs: maybe("start_period", duration),
  startIntervalMs: maybe("start_interval", duration),
  retries: maybe("retries", whole({ min: 0 })),
});

const deviceRate = (rate: Kind<number>) => {
  return listOf(object<DeviceRate>({ path: must("path", text), rate: must("rate", rate) }));
};

const blockIo: Kind<BlockIo> = object<BlockIo>({
  weight: maybe("weight", whole({ min: 0, max: 1000 })),
  weightDevices: many(
    "weight_device",
    listOf(
      object<BlockIo["weightDevices"][number]>({
        path: must("path", text),
        weight: must("weight", whole({ min: 0, max: 1000 })),
      }),
    ),
  ),
  deviceReadBps: many("device_read_bps", deviceRate(bytes())),
  deviceWriteBps: many("device_write_bps", deviceRate(bytes())),
  deviceReadIops: many("device_read_iops", deviceRate(whole({ min: 0 }))),
  deviceWriteIops: many("device_write_iops", deviceRate(whole({ min: 0 }))),
});

const watch: Kind<Watch> = object<Watch>({
  path: must("path", path),
  action: must("action", choice("rebuild", "sync", "restart", "sync+restart", "sync+exec")),
  target: maybe("target", text),
  exec: maybe("exec", forms.hook),
  include: many("include", oneOrMore(text)),
  ignore: many("ignore", oneOrMore(text)),
  initialSync: maybe("initial_sync", flag),
});

const containerName: Kind<string> = scalarKind({
  expected: 'a name of a container: letters, digits, "_", "." and "-", beginning with a letter or digit',
  takes: ["text"],
  parse: (written) => (/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(written) ? written : null),
  format: (value) => value,
});

/** An empty one says nothing: a variable that is not set. */
function withoutEmpty(kind: Kind<readonly string[]>): Kind<readonly string[]> {
  return { ...kind, read: (tree, at) => kind.read(tree, at).filter((one) => one !== "") };
}

/** As options of drivers, but an empty one is allowed. */
const optionsOrEmpty: Kind<ReadonlyMap<string, string>> = {
  ...options,
  canonical: (tree, at) => (tree.kind === "mapping" ? labels : options).canonical(tree, at),
};

const microseconds = whole();

/** The name is the key, the set of keys follows from what was written: neither is a key itself. */
const SERVICE: Shape<Omit<ComposeService, "name" | "keys">> = {
  profiles: many("profiles", texts),
  image: maybe("image", text),
  build: maybe("build", build),
  pullPolicy: maybe("pull_policy", forms.pullPolicy),
  pullRefreshAfterMs: maybe("pull_refresh_after", duration),
  platform: maybe("platform", text),
  command: field<readonly string[] | null>("command", forms.command, null),
  entrypoint: field<readonly string[] | null>("entrypoint", forms.command, null),
  environment: map("environment", variables),
  workingDir: maybe("working_dir", text),
  user: maybe("user", text),
  groupAdd: many("group_add", listOf(textOrNumber)),
  hostname: maybe("hostname", text),
  domainname: maybe("domainname", text),
  containerName: maybe("container_name", containerName),
  labels: map("labels", labels),
  annotations: map("annotations", labels),
  tty: maybe("tty", flag),
  stdinOpen: maybe("stdin_open", flag),
  attach: maybe("attach", flag),
  init: maybe("init", flag),
  runtime: maybe("runtime", text),
  scale: maybe("scale", whole({ min: 0 })),
  deploy: field<ComposeDeploy | null>("deploy", deploy, null),
  restart: maybe("restart", forms.restart),
  stopSignal: maybe("stop_signal", text),
  stopGracePeriodMs: maybe("stop_grace_period", duration),
  healthcheck: maybe("healthcheck", healthcheck),
  dependsOn: map("depends_on", forms.dependsOn),
  preStart: many("pre_start", listOf(forms.hook)),
  postStart: many("post_start", listOf(forms.hook)),
  preStop: many("pre_stop", listOf(forms.hook)),
  networks: map("networks", forms.networks),
  networkMode: maybe("network_mode", text),
  ports: many("ports", ports),
  expose: many("expose", listOf(textOrNumber)),
  dns: many("dns", withoutEmpty(oneOrMore(text))),
  dnsOptions: many("dns_opt", texts),
  dnsSearch: many("dns_search", oneOrMore(text)),
  extraHosts: many("extra_hosts", forms.extraHosts),
  links: many("links", texts),
  externalLinks: many("external_links", texts),
  macAddress: maybe("mac_address", text),
  volumes: many("volumes", volumes),
  volumesFrom: many("volumes_from", texts),
  tmpfs: many("tmpfs", oneOrMore(text)),
  secrets: many("secrets", files("/run/secrets/")),
  configs: many("configs", files("/")),
  readOnly: maybe("read_only", flag),
  shmSizeBytes: maybe("shm_size", bytes()),
  storageOptions: map("storage_opt", options),
  privileged: maybe("privileged", flag),
  capAdd: many("cap_add", texts),
  capDrop: many("cap_drop", texts),
  securityOptions: many("security_opt", texts),
  pid: field<string | null>("pid", orNothing(text), null),
  ipc: maybe("ipc", text),
  uts: maybe("uts", text),
  usernsMode: maybe("userns_mode", text),
  isolation: maybe("isolation", text),
  cgroup: maybe("cgroup", choice("host", "private")),
  cgroupParent: maybe("cgroup_parent", text),
  sysctls: map("sysctls", labels),
  ulimits: map("ulimits", forms.ulimits),
  devices: many("devices", devices),
  deviceCgroupRules: many("device_cgroup_rules", texts),
  gpus: many("gpus", forms.gpus),
  credentialSpec: maybe(
    "credential_spec",
    object<CredentialSpec>({
      config: maybe("config", text),
      file: maybe("file", text),
      registry: maybe("registry", text),
    }),
  ),
  useApiSocket: maybe("use_api_socket", flag),
  cpus: maybe("cpus", real({ min: 0 })),
  cpuset: maybe("cpuset", text),
  cpuShares: maybe("cpu_shares", whole({ min: 0 })),
  cpuQuotaUs: maybe("cpu_quota", microseconds),
  cpuPeriodUs: maybe("cpu_period", microseconds),
  cpuRtPeriodUs: maybe("cpu_rt_period", microseconds),
  cpuRtRuntimeUs: maybe("cpu_rt_runtime", microseconds),
  cpuCount: maybe("cpu_count", whole({ min: 0 })),
  cpuPercent: maybe("cpu_percent", real({ min: 0, max: 100 })),
  memLimitBytes: maybe("mem_limit", bytes()),
  memReservationBytes: maybe("mem_reservation", bytes()),
  memswapLimitBytes: maybe("memswap_limit", bytes({ min: -1 })),
  memSwappiness: maybe("mem_swappiness", whole({ min: -1, max: 100 })),
  oomKillDisable: maybe("oom_kill_disable", flag),
  oomScoreAdj: maybe("oom_score_adj", whole({ min: -1000, max: 1000 })),
  pidsLimit: maybe("pids_limit", whole({ min: -1 })),
  blkioConfig: maybe("blkio_config", blockIo),
  logging: maybe(
    "logging",
    object<Logging>({ driver: maybe("driver", text), options: map("options", optionsOrEmpty) }),
  ),
  develop: field<Develop | null>("develop", orNothing(object<Develop>({ watch: many("watch", listOf(watch)) })), null),
  provider: maybe(
    "provider",
    object<Provider>({ type: must("type", text), options: map("options", forms.providerOptions) }),
  ),
  models: map("models", forms.models),
};

/** Settled before a service is read: what files it extends, and files of variables and labels. */
const SETTLED_BEFORE: ReadonlyMap<string, Kind<unknown>> = new Map<string, Kind<unknown>>([
  ["extends", forms.extension],
  ["env_file", forms.envFiles],
  ["label_file", oneOrMore(path)],
]);

export const service: ObjectKind<Omit<ComposeService, "name" | "keys">> = object(SERVICE, SETTLED_BEFORE);
