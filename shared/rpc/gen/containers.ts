// Made from proto/swarm/v1/containers.proto by scripts/generate.ts.
import type { RpcMethod } from "../service-types.ts";
import type { PullPolicy } from "./images.ts";
import type { ContainerEndpoint, ContainerPlace } from "./networks.ts";
import type { Mount, PortConfig, ResourceControls, TaskSpec } from "./objects.ts";

/**
 * The containers of one host: those of tasks, which only managers change, and people's own. A container is meant by its
 * id or a unique prefix, its name, and one of a task also by the task's id or a unique prefix or by SERVICE.SLOT.
 */
export interface ContainersMethods {
  /** Makes a container, and does not start it. Its image must be on the host, or is pulled. */
  readonly create: RpcMethod<"serverStream", CreateContainerRequest, CreateContainerResponse>;
  readonly start: RpcMethod<"unary", ContainerRequest, ContainerResponse>;
  /** Stop signal, grace period, SIGKILL. Resolves when it has ended. */
  readonly stop: RpcMethod<"unary", StopContainerRequest, ContainerResponse>;
  readonly restart: RpcMethod<"unary", StopContainerRequest, ContainerResponse>;
  readonly kill: RpcMethod<"unary", KillContainerRequest, ContainerResponse>;
  readonly remove: RpcMethod<"unary", RemoveContainerRequest, ContainerResponse>;
  readonly rename: RpcMethod<"unary", RenameContainerRequest, ContainerResponse>;
  /**
   * Takes a link to another container away. On a network of its own its name is gone at once; on the predefined bridge
   * lines of /etc/hosts and variables are, when it next starts.
   */
  readonly unlink: RpcMethod<"unary", UnlinkContainerRequest, ContainerResponse>;
  readonly update: RpcMethod<"unary", UpdateContainerRequest, UpdateContainerResponse>;
  readonly pause: RpcMethod<"unary", ContainerRequest, ContainerResponse>;
  readonly unpause: RpcMethod<"unary", ContainerRequest, ContainerResponse>;
  /** Resolves when the condition holds, with how the container ended. */
  readonly wait: RpcMethod<"unary", WaitContainerRequest, WaitContainerResponse>;
  /** As Wait, and says at once that it is looked at: what happens after that word is not missed. */
  readonly watchEnd: RpcMethod<"serverStream", WaitContainerRequest, WatchEndResponse>;
  readonly inspect: RpcMethod<"unary", InspectContainerRequest, InspectContainerResponse>;
  readonly list: RpcMethod<"unary", ListContainersRequest, ListContainersResponse>;
  /** Removes people's containers that do not run. */
  readonly prune: RpcMethod<"unary", PruneContainersRequest, PruneContainersResponse>;
  /** What happens on this host, from an instant or a place in the stream on. */
  readonly events: RpcMethod<"serverStream", EventsRequest, HostEvent>;
}

/** What people want of a container of their own. It does not change, but for the name and what Update changes. */
export interface ContainerConfig {
  /** Unique on the host; as Docker has it, [a-zA-Z0-9][a-zA-Z0-9_.-]*. "" in a request = one is made up. */
  readonly name: string;
  /** What it runs. Networks and placement are not read: see network. */
  readonly task: TaskSpec | null;
  /** Ports of the host that lead to it; published_port 0 = the host chooses. */
  readonly ports: readonly PortConfig[];
  /** Publishes every port that the image exposes, and those in exposed_ports. */
  readonly publishAll: boolean;
  /** PORT/PROTOCOL, besides the image's. */
  readonly exposedPorts: readonly string[];
  /** What follows its end. Absent = nothing. */
  readonly restart: ContainerRestart | null;
  /** It is removed when it has ended, with its anonymous volumes. */
  readonly autoRemove: boolean;
  /**
   * "" or bridge = an address of this host's own; host, none, container:CONTAINER, or the name or id of a network, on
   * which it then is as if `endpoints` said so.
   */
  readonly network: string;
  /** Its standard input is open for whoever attaches. */
  readonly openStdin: boolean;
  /** Standard input is closed when the first who attached has gone. */
  readonly stdinOnce: boolean;
  /** What Docker's clients gave and nothing here reads, as JSON, to be shown again. "" = nothing. */
  readonly asGiven: string;
  /** Containers of people's own whose volumes and bound paths it has as well, at the same places: CONTAINER[:ro|:rw]. */
  readonly volumesFrom: readonly string[];
  /**
   * Networks it is on, the one that its eth0 leads to first. Not with host, none or container:CONTAINER. As kept, each
   * names its network by the id.
   */
  readonly endpoints: readonly ContainerEndpoint[];
  /**
   * Hardware address wanted on its link to the host, as 02:42:ac:11:00:02; for one on no other network. Absent = it
   * follows from the address.
   */
  readonly macAddress?: string;
  /**
   * CONTAINER:ALIAS or CONTAINER: of people's own containers on the predefined bridge as well, which it finds by these
   * names. They must run when it starts. Not with a network: there each endpoint has its own.
   */
  readonly links: readonly string[];
}

/** What follows a container's end. */
export interface ContainerRestart {
  /** Default NO. */
  readonly policy: ContainerRestartPolicy;
  /** ON_FAILURE: most starts in a row without 10 s of running; 0 = unlimited. */
  readonly retries: number;
}

/** After which ends it is started again. */
export type ContainerRestartPolicy =
  /** Never. */
  | "NO"
  /** When it ended with an error. */
  | "ON_FAILURE"
  /** Whenever it ended; one that people stopped, when the daemon starts. */
  | "ALWAYS"
  /** Whenever it ended by itself. */
  | "UNLESS_STOPPED";

/** A container of people's own, as its host keeps it. */
export interface OwnContainer {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** As wanted, with its name. */
  readonly config: ContainerConfig | null;
  /** Id of the image. */
  readonly imageId: string;
  /** When it was made. */
  readonly createdAtMs: number;
  /** It should run. */
  readonly isWanted: boolean;
  /** People stopped it. */
  readonly isStopped: boolean;
  /** Its last start; 0 = never. */
  readonly startedAtMs: number;
  /** Its last end; 0 = never. Smaller than started_at_ms while it runs. */
  readonly finishedAtMs: number;
  /** Of its last end. */
  readonly exitCode: number;
  /** Why it ended or could not be started, in words; "" = the exit code says it all. */
  readonly error: string;
  /** Its last end was for lack of memory. */
  readonly outOfMemory: boolean;
  /** Starts that followed an end, since people last started it. */
  readonly restarts: number;
  /** Its processes are held. */
  readonly isPaused: boolean;
  /** It is being removed; a daemon that finds this goes on. */
  readonly isRemoving: boolean;
  /** Ports as they were bound at the last start. */
  readonly boundPorts: readonly PortConfig[];
  /** Ends with an error in a row, as `ContainerRestart.retries` counts them. */
  readonly failures: number;
  /** The words of its first process, entry point first. */
  readonly command: readonly string[];
  /** Ports that its image exposes, PORT/PROTOCOL. */
  readonly imagePorts: readonly string[];
  /** Its addresses on networks, since its last start. Others may have them once it has ended. */
  readonly places: readonly ContainerPlace[];
}

/** How a container is. */
export type ContainerState =
  /** Made, and never started. */
  | "CREATED"
  /** Its first process runs. */
  | "RUNNING"
  /** Its processes are held. */
  | "PAUSED"
  /** It ended, and is about to be started again. */
  | "RESTARTING"
  /** It is being removed. */
  | "REMOVING"
  /** It ended. */
  | "EXITED";

/** A container's health check, as far as it has come. */
export interface ContainerHealth {
  /** starting, healthy, unhealthy; "" = it has none. */
  readonly status: string;
  /** Failures in a row. */
  readonly failingStreak: number;
  /** The last five, oldest first. */
  readonly log: readonly HealthResult[];
}

/** One run of a health check. */
export interface HealthResult {
  /** When it began. */
  readonly startedAtMs: number;
  /** When it was over. */
  readonly endedAtMs: number;
  /** -1 = it could not be run, or was too slow. */
  readonly exitCode: number;
  /** What it printed, at most 4096 bytes, or why it has no exit code. */
  readonly output: string;
}

/** A container as lists show it. */
export interface ContainerSummary {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** Of a task's container, SERVICE.SLOT.TASK. */
  readonly name: string;
  /** As it was named. */
  readonly image: string;
  /** Id of the image; "" = not known. */
  readonly imageId: string;
  /** The words of its first process, entry point first. */
  readonly command: readonly string[];
  /** When it was made; of a task's, when the task was prepared. */
  readonly createdAtMs: number;
  /** How it is. */
  readonly state: ContainerState;
  /** Its last start and end; 0 = never, or not known. */
  readonly startedAtMs: number;
  /** See started_at_ms. */
  readonly finishedAtMs: number;
  /** Of its last end. */
  readonly exitCode: number;
  /** Ports of this host that lead to it, as they are bound. */
  readonly ports: readonly PortConfig[];
  /** All, those of its task too. */
  readonly labels: { readonly [key: string]: string };
  /** As they were asked for. */
  readonly mounts: readonly Mount[];
  /** Names of the networks it is on. */
  readonly networks: readonly string[];
  /** "" = it is no task's. */
  readonly taskId: string;
  /** As in ContainerHealth. */
  readonly health: string;
  /** Ports that the image exposes and nobody published, PORT/PROTOCOL. */
  readonly exposedPorts: readonly string[];
  /** What the files take that are not its image's, in bytes on the disk; -1 = not asked for. */
  readonly ownBytes: number;
  /** Its places on networks, running or not; addresses only while it runs. */
  readonly places: readonly ContainerNetwork[];
}

/** One place of a container on a network. */
export interface ContainerNetwork {
  /** bridge, host, none, or the name of a network of this host or of the swarm. */
  readonly name: string;
  /** "" = a predefined one. */
  readonly networkId: string;
  /** With prefix length; "" = none. */
  readonly address: string;
  /** Without prefix length; "" = none. */
  readonly gateway: string;
  /** "" = none. */
  readonly macAddress: string;
  /** IPv6, with prefix length; "" = none. */
  readonly address6: string;
  /** Further names there, as they were given. */
  readonly aliases: readonly string[];
  /** Of IPv6, without prefix length; "" = none. */
  readonly gateway6: string;
  /** CONTAINER:ALIAS, as they were given. */
  readonly links: readonly string[];
  /** All names by which others find it there. */
  readonly dnsNames: readonly string[];
  /** Docker's driver options, as they were given. */
  readonly driverOptions: { readonly [key: string]: string };
  /** Addresses that were asked for, without prefix length; "" = none was. */
  readonly wantedAddress: string;
  /** The same of IPv6. */
  readonly wantedAddress6: string;
}

/** A mount as it was made. */
export interface ContainerMount {
  /** bind, volume, tmpfs. */
  readonly type: string;
  /** Of a volume. */
  readonly name: string;
  /** A path of the host; "" for tmpfs. */
  readonly source: string;
  /** Path in the container. */
  readonly target: string;
  /** Of a volume: local. */
  readonly driver: string;
  /** Whether it may be written to. */
  readonly isWritable: boolean;
  /** rprivate and so on; "" where it means nothing. */
  readonly propagation: string;
}

/** All that is known of a container. */
export interface ContainerDetails {
  /** What lists show of it. */
  readonly summary: ContainerSummary | null;
  /** What it was made from; of a task's container, the task's. */
  readonly config: ContainerConfig | null;
  /** Of its first process; 0 = it does not run. */
  readonly pid: number;
  /** Why it ended, or could not be started. */
  readonly error: string;
  /** Its last end was for lack of memory. */
  readonly outOfMemory: boolean;
  /** Starts that followed an end, since people last started it. */
  readonly restarts: number;
  /** Absent = it has no health check. */
  readonly health: ContainerHealth | null;
  /** Where it is reached; addresses only while it runs. */
  readonly networks: readonly ContainerNetwork[];
  /** All, the image's volumes too. */
  readonly mounts: readonly ContainerMount[];
  /** The variables of its first process; those of the specification until it was first started. */
  readonly env: readonly string[];
  /** Working directory and user as they took effect. */
  readonly dir: string;
  /** USER[:GROUP]; "" = root. */
  readonly user: string;
  /** As its processes see it. */
  readonly hostname: string;
  /** Files of this host. */
  readonly logPath: string;
  /** Mounted at /etc/resolv.conf. */
  readonly resolvConfPath: string;
  /** Mounted at /etc/hosts. */
  readonly hostsPath: string;
  /** Mounted at /etc/hostname. */
  readonly hostnamePath: string;
  /** Of its root file system: the directory that takes its changes, and the layers below, topmost first. */
  readonly upperDirectory: string;
  /** See upper_directory. */
  readonly layerDirectories: readonly string[];
  /** Where its control groups are, below each hierarchy. */
  readonly cgroupPath: string;
  /** The host's name, and the id of its node; "" = it is in no swarm. */
  readonly hostnameOfHost: string;
  /** See hostname_of_host. */
  readonly nodeId: string;
  /** OCI runtime and log driver. */
  readonly runtime: string;
  /** See runtime. */
  readonly logDriver: string;
  /** Of AppArmor, as its first process got it; "" = none, or it was never started. */
  readonly apparmorProfile: string;
  /** Whether its host can hold a container without memory instead of killing it: only control groups of version 1 can. */
  readonly canBeHeld: boolean;
}

/** Asks for a container. */
export interface CreateContainerRequest {
  /** What it is to be. */
  readonly config: ContainerConfig | null;
  /** PULL_DEFAULT = PULL_MISSING. */
  readonly pull: PullPolicy;
}

/** Progress, and at the end the id. */
export interface CreateContainerResponse {
  /** A few words about a pull; "" = the container is made. */
  readonly progress: string;
  /** Of the container that was made. */
  readonly id: string;
  /** Its name, chosen or made up. */
  readonly name: string;
  /** Sentences that deserve attention. */
  readonly warnings: readonly string[];
}

/** Names a container. */
export interface ContainerRequest {
  /** See Containers. */
  readonly ref: string;
}

/** Says which container it was. */
export interface ContainerResponse {
  /** The container's id. */
  readonly id: string;
  /** It was so before, and nothing was done: it ran already, or did not run. */
  readonly wasSo: boolean;
}

/** How a container is to be ended. */
export interface StopContainerRequest {
  /** See Containers. */
  readonly ref: string;
  /** Absent = its own grace period; negative = for ever. */
  readonly graceMs?: number;
  /** Name or number; "" = its own. */
  readonly signal: string;
}

/** Sends a signal to the first process. */
export interface KillContainerRequest {
  /** See Containers. */
  readonly ref: string;
  /** Name or number. "" = SIGKILL. */
  readonly signal: string;
}

/** Takes a container away. */
export interface RemoveContainerRequest {
  /** See Containers. */
  readonly ref: string;
  /** Also one that runs: it is killed. */
  readonly force: boolean;
  /** Its anonymous volumes as well. */
  readonly volumes: boolean;
}

/** A link of a container, which stays as it is but for that. */
export interface UnlinkContainerRequest {
  /** The container that has the link: see Containers. */
  readonly ref: string;
  /** What it calls the other one. */
  readonly alias: string;
}

/** Gives a container another name. */
export interface RenameContainerRequest {
  /** See Containers. */
  readonly ref: string;
  /** The new one. */
  readonly name: string;
}

/** What can change while it runs; absent = stays. */
export interface UpdateContainerRequest {
  /** See Containers. */
  readonly ref: string;
  /** What follows its end from now on. */
  readonly restart: ContainerRestart | null;
  /** Billionths of a CPU; 0 = no limit. */
  readonly nanoCpus?: number;
  /** 0 = no limit. */
  readonly memoryBytes?: number;
  /** 0 = none. */
  readonly memoryReservationBytes?: number;
  /** On top of memory; -1 = unlimited. */
  readonly swapBytes?: number;
  /** Processes; 0 = no limit. */
  readonly pids?: number;
  /** Of these, shares, period, quota, CPUs, memory nodes and the weight for disks; what is 0 or "" stays as it is. */
  readonly controls: ResourceControls | null;
}

/** What was changed. */
export interface UpdateContainerResponse {
  /** The container's id. */
  readonly id: string;
  /** Sentences that deserve attention. */
  readonly warnings: readonly string[];
}

/** Asks to be told of a container's end. */
export interface WaitContainerRequest {
  /** See Containers. */
  readonly ref: string;
  /** Default NOT_RUNNING. */
  readonly condition: WaitContainerRequestCondition;
}

/** When to answer. */
export type WaitContainerRequestCondition =
  /** It does not run. */
  | "NOT_RUNNING"
  /** It has ended once more from now on. */
  | "NEXT_EXIT"
  /** It has been removed. */
  | "REMOVED";

/** First that it is looked at, then how it ended. */
export type WatchEndResponse = {} & (
  | {
      readonly message?: undefined;
      readonly watching?: undefined;
      readonly end?: undefined;
    }
  | {
      readonly message: "watching";
      /** The container is looked at from now on. */
      readonly watching: Watching;
      readonly end?: undefined;
    }
  | {
      readonly message: "end";
      readonly watching?: undefined;
      /** The condition holds. Nothing follows. */
      readonly end: WaitContainerResponse;
    }
);

/** A container is looked at. */
export interface Watching {
  /** 64 hexadecimal digits. */
  readonly id: string;
}

/** How it ended. */
export interface WaitContainerResponse {
  /** 0..255. */
  readonly exitCode: number;
  /** Why, in words; "" = the exit code says it all. */
  readonly error: string;
}

/** Asks for all that is known of a container. */
export interface InspectContainerRequest {
  /** See Containers. */
  readonly ref: string;
  /** With the summary's own_bytes, for which all of its files are looked at. */
  readonly sizes: boolean;
}

/** One container. */
export interface InspectContainerResponse {
  /** All that is known of it. */
  readonly container: ContainerDetails | null;
}

/** Asks for containers. */
export interface ListContainersRequest {
  /** Those that do not run, too. */
  readonly all: boolean;
  /** With own_bytes, for which all files are looked at. */
  readonly sizes: boolean;
}

/** The containers of a host. */
export interface ListContainersResponse {
  /** Newest first. */
  readonly containers: readonly ContainerSummary[];
}

/** Which containers may go. */
export interface PruneContainersRequest {
  /** Made before this instant; 0 = any. */
  readonly untilMs: number;
  /** KEY or KEY=VALUE; all must hold. */
  readonly labels: readonly string[];
  /** KEY or KEY=VALUE; none may hold. */
  readonly withoutLabels: readonly string[];
}

/** What has gone. */
export interface PruneContainersResponse {
  /** Containers. */
  readonly ids: readonly string[];
  /** Of their changed files and logs. */
  readonly bytes: number;
}

/** From where to where. */
export interface EventsRequest {
  /** What happened since then; 0 = from now on. */
  readonly sinceMs: number;
  /** The stream ends at this instant; 0 = it does not end. */
  readonly untilMs: number;
  /** Goes on behind an event that was seen before: its place. 0 = see since_ms. */
  readonly after: number;
}

/** Something that happened on this host, in Docker's words. */
export interface HostEvent {
  /** Its place in the stream: rises, also from one daemon to the next. */
  readonly place: number;
  /** By the host's clock. */
  readonly timeMs: number;
  /** container, image, volume, network. */
  readonly type: string;
  /** create, start, die, kill, oom, stop, pause, unpause, rename, update, restart, destroy, health_status: healthy ... */
  readonly action: string;
  /** The object's id, or name where it has none. */
  readonly actor: string;
  /** name, image, exitCode, signal and so on, and the container's labels. */
  readonly attributes: { readonly [key: string]: string };
  /** Events before this one have been forgotten, though they were asked for. */
  readonly missed: boolean;
}
