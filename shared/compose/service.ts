import type { ComposeBuild } from "./build.ts";
import type { ComposeDeploy, DeviceWish } from "./deploy.ts";
import type { FileUse, Hook, PortUse, SoftAndHard, VolumeUse } from "./service-parts.ts";

/** One service of a project; `ComposeProject` says what holds for all of its values. */
export interface ComposeService {
  /** Its key in the file. */
  readonly name: string;
  /** The keys that were written for it, as in the file (`stop_grace_period`), with those it got by `extends`. */
  readonly keys: ReadonlySet<string>;
  /** It takes part when one of them is asked for; always when it has none. */
  readonly profiles: readonly string[];

  // What runs.
  readonly image: string | null;
  readonly build: ComposeBuild | null;
  readonly pullPolicy: PullPolicy | null;
  readonly pullRefreshAfterMs: number | null;
  /** `linux/arm64`. */
  readonly platform: string | null;
  /** What replaces the image's; an empty list clears it; null keeps it. */
  readonly command: readonly string[] | null;
  readonly entrypoint: readonly string[] | null;
  /**
   * What `env_file` and `environment` say together, the latter over the former. null = it is named without a value, and
   * the environment has none either: the variable is not set, even if the image sets it.
   */
  readonly environment: ReadonlyMap<string, string | null>;
  readonly workingDir: string | null;
  readonly user: string | null;
  readonly groupAdd: readonly string[];
  readonly hostname: string | null;
  readonly domainname: string | null;
  readonly containerName: string | null;
  /** With what `label_file` says. Labels of the containers, not of the service (that is `deploy.labels`). */
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  readonly tty: boolean | null;
  readonly stdinOpen: boolean | null;
  readonly attach: boolean | null;
  readonly init: boolean | null;
  readonly runtime: string | null;

  // When it runs and ends.
  readonly scale: number | null;
  readonly deploy: ComposeDeploy | null;
  readonly restart: RestartWord | null;
  readonly stopSignal: string | null;
  readonly stopGracePeriodMs: number | null;
  readonly healthcheck: ComposeHealthcheck | null;
  readonly dependsOn: ReadonlyMap<string, Dependency>;
  readonly preStart: readonly Hook[];
  readonly postStart: readonly Hook[];
  readonly preStop: readonly Hook[];

  // Networks.
  /** By the network's key in the project; `default` when nothing was said. Empty with a `networkMode`. */
  readonly networks: ReadonlyMap<string, NetworkUse>;
  /** `host`, `none`, `bridge`, `service:NAME`, `container:NAME`. */
  readonly networkMode: string | null;
  readonly ports: readonly PortUse[];
  /** `80`, `80/udp`, `8000-8010`. */
  readonly expose: readonly string[];
  readonly dns: readonly string[];
  readonly dnsOptions: readonly string[];
  readonly dnsSearch: readonly string[];
  /** `HOST=ADDRESS`, where the address may be `host-gateway`. */
  readonly extraHosts: readonly string[];
  readonly links: readonly string[];
  readonly externalLinks: readonly string[];
  readonly macAddress: string | null;

  // Files.
  readonly volumes: readonly VolumeUse[];
  readonly volumesFrom: readonly string[];
  /** `PATH` or `PATH:OPTIONS`. */
  readonly tmpfs: readonly string[];
  readonly secrets: readonly FileUse[];
  readonly configs: readonly FileUse[];
  readonly readOnly: boolean | null;
  readonly shmSizeBytes: number | null;
  readonly storageOptions: ReadonlyMap<string, string>;

  // Rights, devices, kernel.
  readonly privileged: boolean | null;
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly securityOptions: readonly string[];
  readonly pid: string | null;
  readonly ipc: string | null;
  readonly uts: string | null;
  readonly usernsMode: string | null;
  readonly isolation: string | null;
  readonly cgroup: "host" | "private" | null;
  readonly cgroupParent: string | null;
  readonly sysctls: ReadonlyMap<string, string>;
  readonly ulimits: ReadonlyMap<string, SoftAndHard>;
  readonly devices: readonly DeviceUse[];
  readonly deviceCgroupRules: readonly string[];
  readonly gpus: readonly DeviceWish[];
  readonly credentialSpec: CredentialSpec | null;
  readonly useApiSocket: boolean | null;

  // Resources beside those of `deploy`.
  readonly cpus: number | null;
  readonly cpuset: string | null;
  readonly cpuShares: number | null;
  readonly cpuQuotaUs: number | null;
  readonly cpuPeriodUs: number | null;
  readonly cpuRtPeriodUs: number | null;
  readonly cpuRtRuntimeUs: number | null;
  readonly cpuCount: number | null;
  readonly cpuPercent: number | null;
  readonly memLimitBytes: number | null;
  readonly memReservationBytes: number | null;
  /** Memory and swap together; -1 = no limit. */
  readonly memswapLimitBytes: number | null;
  /** 0..100. */
  readonly memSwappiness: number | null;
  readonly oomKillDisable: boolean | null;
  readonly oomScoreAdj: number | null;
  /** -1 = no limit. */
  readonly pidsLimit: number | null;
  readonly blkioConfig: BlockIo | null;

  readonly logging: Logging | null;
  readonly develop: Develop | null;
  readonly provider: Provider | null;
  /** By the model's key in the project. */
  readonly models: ReadonlyMap<string, ModelUse>;
}

/** `every`: when the image is older than that. */
export type PullPolicy =
  | { readonly kind: "always" | "never" | "missing" | "build" }
  | { readonly kind: "every"; readonly periodMs: number };

/** `maxRetries` null = no limit. */
export type RestartWord =
  | { readonly kind: "no" | "always" | "unless-stopped" }
  | { readonly kind: "on-failure"; readonly maxRetries: number | null };

export interface EnvFile {
  /** Absolute. */
  readonly path: string;
  readonly isRequired: boolean;
  /** `raw` = as it stands, without quotes and variables. */
  readonly format: "raw" | null;
}

export interface ComposeHealthcheck {
  /** No check at all, not even the image's. */
  readonly isDisabled: boolean;
  /** `["CMD", ...]`, `["CMD-SHELL", line]` or `["NONE"]`; null = the image's. */
  readonly test: readonly string[] | null;
  readonly intervalMs: number | null;
  readonly timeoutMs: number | null;
  readonly startPeriodMs: number | null;
  readonly startIntervalMs: number | null;
  readonly retries: number | null;
}

export interface Dependency {
  readonly condition: "service_started" | "service_healthy" | "service_completed_successfully";
  /** It is restarted when what it depends on is. */
  readonly restart: boolean;
  /** false = it may be missing. */
  readonly isRequired: boolean;
}

/** How a service is on one network. */
export interface NetworkUse {
  readonly aliases: readonly string[];
  readonly interfaceName: string | null;
  readonly ipv4Address: string | null;
  readonly ipv6Address: string | null;
  readonly linkLocalIps: readonly string[];
  readonly macAddress: string | null;
  readonly driverOptions: ReadonlyMap<string, string>;
  /** The order in which it is connected; higher first. */
  readonly priority: number | null;
  /** Who gives the default gateway; highest. */
  readonly gatewayPriority: number | null;
}

export interface DeviceUse {
  /** A path, or a name of the Container Device Interface (`vendor.com/class=name`). */
  readonly source: string;
  readonly target: string;
  /** Of `rwm`. */
  readonly permissions: string;
}

export interface CredentialSpec {
  readonly config: string | null;
  readonly file: string | null;
  readonly registry: string | null;
}

export interface BlockIo {
  /** 10..1000; null = not said. */
  readonly weight: number | null;
  readonly weightDevices: readonly { readonly path: string; readonly weight: number }[];
  /** `rate`: bytes a second. */
  readonly deviceReadBps: readonly DeviceRate[];
  readonly deviceWriteBps: readonly DeviceRate[];
  /** `rate`: operations a second. */
  readonly deviceReadIops: readonly DeviceRate[];
  readonly deviceWriteIops: readonly DeviceRate[];
}

export interface DeviceRate {
  readonly path: string;
  readonly rate: number;
}

export interface Logging {
  readonly driver: string | null;
  readonly options: ReadonlyMap<string, string>;
}

export interface Develop {
  readonly watch: readonly Watch[];
}

/** What happens when files of a host change, while people work on them. */
export interface Watch {
  readonly path: string;
  readonly action: "rebuild" | "sync" | "restart" | "sync+restart" | "sync+exec";
  readonly target: string | null;
  readonly exec: Hook | null;
  readonly include: readonly string[];
  readonly ignore: readonly string[];
  readonly initialSync: boolean | null;
}

/** The service is not a container: a program of that name makes it. */
export interface Provider {
  readonly type: string;
  readonly options: ReadonlyMap<string, readonly string[]>;
}

export interface ModelUse {
  readonly endpointVariable: string | null;
  readonly modelVariable: string | null;
}
