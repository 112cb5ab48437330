// Made from proto/swarm/v1/objects.proto by scripts/generate.ts.

/** Written by the store, read by everyone. */
export interface Meta {
  /** Raft index of the entry that last wrote the object. 0 = not yet committed. Written by the store on apply. */
  readonly version: number;
  /** When it was created, by the leader's clock. Written by the store. */
  readonly createdAtMs: number;
  /** When it was last written, by the leader's clock. Written by the store. */
  readonly updatedAtMs: number;
}

/** Name and labels; written by people. */
export interface Annotations {
  /**
   * Unique among objects of its kind, ignoring case, except for nodes; at most 63 characters, 64 for secrets and
   * configs.
   */
  readonly name: string;
  /** Keys and values chosen by people. Default: none. */
  readonly labels: { readonly [key: string]: string };
}

/** What a binary or a host is made for. */
export interface Platform {
  /** As the kernel says it: x86_64, aarch64. "" = any. */
  readonly architecture: string;
  /** linux. "" = any. */
  readonly os: string;
}

/** An amount of what a host has. */
export interface Resources {
  /** Billionths of one CPU. 0 = none asked, or no limit. */
  readonly nanoCpus: number;
  /** Bytes. 0 = none asked, or no limit. */
  readonly memoryBytes: number;
  /** Most processes and threads. 0 = no limit. Only for limits. */
  readonly pids: number;
  /** What else hosts were told they have, such as GPUs. Only for reservations and hosts; one entry per kind. */
  readonly generic: readonly GenericResource[];
}

/** An amount of something that only people know about. */
export interface GenericResource {
  /** Its name: gpu. */
  readonly kind: string;
  /** How many, at least 1. */
  readonly value: number;
  /**
   * Which ones, where each has a name: as many as `value`. Empty = all are alike. In reservations: those that must be
   * among them, at most `value`.
   */
  readonly names: readonly string[];
}

/** What a node's certificate allows. */
export type NodeRole =
  /** Runs tasks. */
  | "WORKER"
  /** Also keeps the cluster's state, and may lead. */
  | "MANAGER";

/** One host in the cluster. Created by the CA when a join token is accepted; removed by `node rm`. */
export interface Node {
  /** 25 characters of base 36; the certificate's common name. */
  readonly id: string;
  /** Version and instants. Written by the store; what anyone else puts there is ignored. */
  readonly meta: Meta | null;
  /** Written by people; at first by the CA, from the join request. */
  readonly spec: NodeSpec | null;
  /** What the host says about itself. Written by the dispatcher from the worker's session. */
  readonly description: NodeDescription | null;
  /** How it is. Written by the dispatcher. */
  readonly status: NodeStatus | null;
  /** Its part in Raft; absent on workers. Written by the role loop. */
  readonly managerStatus: ManagerStatus | null;
  /** The role that its current certificate may have; follows spec.desired_role. Written by the role loop. */
  readonly role: NodeRole;
  /** Addresses this host has on cluster networks (its own, not its tasks'). Written by the allocator. */
  readonly attachments: readonly NetworkAttachment[];
  /**
   * Rises by one whenever `role` changes; a certificate carries the number it was issued under, which distinguishes one
   * from before a demotion from one that a lagging manager has not heard of yet. Written by the role loop.
   */
  readonly roleGeneration: number;
  /**
   * SHA-256 fingerprint of the root that signed the certificate it was last seen to use; "" before the first rotation
   * of the root. Written by the CA when the node shows it.
   */
  readonly certificateRoot: string;
}

/** What people want of a node. */
export interface NodeSpec {
  /** Labels usable as `node.labels.KEY` in constraints. The name is unused; people see the host name. */
  readonly annotations: Annotations | null;
  /** Default WORKER. Written by `node promote` and `demote`; `Node.role` follows. */
  readonly desiredRole: NodeRole;
  /** Default ACTIVE. Written by people. */
  readonly availability: NodeSpecAvailability;
  /**
   * The node is being emptied: it is paused, and each of its tasks leaves once its successor runs elsewhere; then, or
   * at the deadline, its availability becomes DRAIN. Absent = it is not. Only together with PAUSE. Written by people.
   */
  readonly evacuation: Evacuation | null;
}

/** What people let the scheduler do with a node. */
export type NodeSpecAvailability =
  /** May get new tasks. */
  | "ACTIVE"
  /** Keeps its tasks, gets no new ones. */
  | "PAUSE"
  /** Its tasks move away. */
  | "DRAIN";

/** How a node is emptied without stopping what runs on it before something else serves. */
export interface Evacuation {
  /** After this time the node is drained whatever is left on it, in milliseconds: from a second to seven days. */
  readonly timeoutMs: number;
  /** Unix milliseconds. Written by the manager that was asked; what people put there is ignored. */
  readonly startedAtMs: number;
}

/** What a host says about itself when its session opens and when it changes. */
export interface NodeDescription {
  /** As the host calls itself; not unique. At most 255 characters. */
  readonly hostname: string;
  /** What its kernel runs. */
  readonly platform: Platform | null;
  /** All the host has; the scheduler subtracts reservations. */
  readonly resources: Resources | null;
  /** swarmd's version. */
  readonly engineVersion: string;
  /** Labels given on the daemon's command line, usable as `engine.labels.KEY`. */
  readonly engineLabels: { readonly [key: string]: string };
  /** Where other hosts send overlay traffic (VXLAN): an IP address. */
  readonly dataPathAddress: string;
  /**
   * Ports that programs of the host listen on, without swarmd's own, in order of port. At most 256; those that clash
   * with a published port first.
   */
  readonly listeners: readonly HostListener[];
  /** It answers on published ports over IPv6, and its tasks on the routing mesh can be reached over IPv6. */
  readonly carriesIpv6: boolean;
  /** Volumes of slots that the host keeps, by name. At most 1,000; a host with more tells of those made last. */
  readonly slotVolumes: readonly SlotVolume[];
  /** What packets of the ingress network come through from other hosts; absent = not looked at yet. */
  readonly overlay: OverlayFacts | null;
}

/** What a host has seen of packets that other hosts sent to it through the overlay, in all sizes. */
export interface OverlayFacts {
  /** Bytes of the largest packet that is assumed to fit. */
  readonly mtu: number;
  /** Hosts whose packets were waited for. */
  readonly hosts: number;
  /** Those from which packets of that size arrived. */
  readonly hostsFine: number;
  /** Those from which only smaller ones arrived, in order of id. At most 32. */
  readonly narrow: readonly NarrowWay[];
  /** Packets that arrived with a wrong checksum while the last ones were waited for. */
  readonly wrongChecksums: number;
}

/** A way between hosts through which only small packets come. */
export interface NarrowWay {
  /** The host that sent them. */
  readonly nodeId: string;
  /** Of the largest packet that arrived. */
  readonly bytes: number;
}

/** A volume that one slot of a service goes back to. */
export interface SlotVolume {
  /** SOURCE-SLOT. */
  readonly name: string;
  /** When it was made, by its host's clock; of two hosts that have one of the same name, the later one counts. */
  readonly createdAtMs: number;
}

/** A port of a host that a program listens on. */
export interface HostListener {
  /** TCP or UDP. */
  readonly protocol: PortConfigProtocol;
  /** 1..65535. */
  readonly port: number;
  /** The address that the program chose, without prefix length; "0.0.0.0" or "::" = all the host has. */
  readonly address: string;
  /** The name of the file it runs, at most 64 characters; "" = not known (the kernel itself, or a process of another's). */
  readonly program: string;
  /** Whether the port is published as well, and who has it on this host. */
  readonly clash: HostListenerClash;
}

/** What becomes of a port that is also published through the routing mesh. */
export type HostListenerClash =
  /** It is not published. */
  | "NONE"
  /** The program was first: on this host the port, at the address it listens on, is the program's. */
  | "LEFT"
  /** The mesh was first: the program gets nothing that is sent to this port. */
  | "TAKEN";

/** How a node is, as far as the managers can tell. */
export interface NodeStatus {
  /** Default UNKNOWN. Written by the dispatcher and by liveness. */
  readonly state: NodeStatusState;
  /** Why, in one sentence with the evidence. */
  readonly message: string;
  /** The address its session comes from. */
  readonly address: string;
  /** When `state` last changed. */
  readonly sinceMs: number;
  /**
   * When its session fell silent, by the leader's clock; 0 = it is not. Written by liveness, so that a new leader
   * continues the count instead of starting again.
   */
  readonly silentSinceMs: number;
  /**
   * What `message` says, without its numbers: liveness writes a new message only when this changes, since the numbers
   * always do. Words of manager/liveness; "" = nothing was found.
   */
  readonly finding: string;
}

/** Whether tasks can be sent to it and heard from. */
export type NodeStatusState =
  /** Nothing known yet, or a new leader has not heard from it. */
  | "UNKNOWN"
  /** Judged gone: its tasks are replaced elsewhere. */
  | "DOWN"
  /** In session. */
  | "READY"
  /** Its session is silent, but there is no proof that the host is gone; nothing is moved. */
  | "DISCONNECTED";

/** How a node does as a member of the Raft group. */
export interface ManagerStatus {
  /** Its id in the Raft group; never reused. */
  readonly raftId: number;
  /** HOST:PORT where other managers reach it. */
  readonly address: string;
  /** Whether this manager leads now. Computed on read, never stored. */
  readonly leader: boolean;
  /** As the leader sees it now. Computed on read, never stored. */
  readonly reachability: ManagerStatusReachability;
}

/** Whether the leader hears it. */
export type ManagerStatusReachability =
  /** This manager does not lead, so it cannot say. */
  | "UNKNOWN"
  /** Not heard from within the last election timeout. */
  | "UNREACHABLE"
  /** Heard of within the last election timeout. */
  | "REACHABLE";

/** What people want to run, and what was done about it. */
export interface Service {
  /** 25 characters of base 36. Written once, by the control API. */
  readonly id: string;
  /** Version and instants. Written by the store; what anyone else puts there is ignored. */
  readonly meta: Meta | null;
  /** Written by people through the control API; by the updater when it rolls back. */
  readonly spec: ServiceSpec | null;
  /**
   * Counts the specs: 1 at create, one more at each change; tasks carry the one they were made from. A service made by
   * an earlier release continues from the number it has, which may be 0 or large. Written by the control API; by the
   * updater when it rolls back.
   */
  readonly generation: number;
  /**
   * The spec before the last update; absent until then, and after a rollback that a failure caused. Written by the
   * control API and the updater.
   */
  readonly previousSpec: ServiceSpec | null;
  /** Published ports with their numbers, and virtual addresses. Written by the allocator. */
  readonly endpoint: Endpoint | null;
  /** Absent until the first update. Written by the updater; by the control API when people ask for a rollback. */
  readonly updateStatus: UpdateStatus | null;
  /**
   * Meta.version at which the generation last changed; 0 = an earlier release wrote it, and did not say. Written by the
   * store.
   */
  readonly specVersion: number;
  /**
   * What makes control loops fail over this service, sorted by loop; at most one entry each. Every loop writes and
   * takes back its own.
   */
  readonly troubles: readonly LoopTrouble[];
  /** Only of jobs. Written by the control API; by the loop for schedules when it begins a run. */
  readonly jobStatus: JobStatus | null;
  /** How the present spec came about; absent: an earlier release wrote it. Written with the spec. */
  readonly origin: SpecOrigin | null;
  /**
   * Which slots alone run the present spec; absent = all of them. Written by the control API; taken back by it, or by
   * the updater when it rolls back.
   */
  readonly canary: Canary | null;
  /**
   * What was last decided by the rules for its number of tasks. Absent = nothing yet: then the number is the spec's.
   * Written by the loop for autoscaling; taken back by the control API when people give another number.
   */
  readonly autoscaleStatus: AutoscaleStatus | null;
  /**
   * How far the pre-deploy command of the present spec is; absent = none has to run. Written by the control API with
   * the spec, then by the updater.
   */
  readonly preDeploy: PreDeployStatus | null;
  /** Only of a job that runs a pre-deploy command: id of the service whose it is. Written once, by the updater. */
  readonly preDeployOf: string;
}

/** How far a service's pre-deploy command is. Until it has succeeded, no task is made of the present spec. */
export interface PreDeployStatus {
  /** Written as the message says. */
  readonly state: PreDeployStatusState;
  /** When its job began, by the leader's clock; 0 = not yet. */
  readonly startedAtMs: number;
  /** Why it failed, in one sentence; "" = it has not. */
  readonly failure: string;
  /**
   * What tasks are made of until it has succeeded, and what the service goes back to if it fails. Absent: nothing was
   * ever deployed, so that there are no tasks until then.
   */
  readonly base: ServiceSpec | null;
  /** The generation that `base` had. */
  readonly baseGeneration: number;
  /** Id of the job; "" = there is none yet. */
  readonly jobId: string;
}

/** Where it stands. */
export type PreDeployStatusState =
  /** It has not begun: what the service depends on is not there yet, or the updater has not come to it. */
  | "WAITING"
  /** Its job is at work. */
  | "RUNNING"
  /** The service's tasks may be made of the present spec. */
  | "SUCCEEDED"
  /** It ended with another exit code than 0, could not run, or took too long. Only a further spec begins another. */
  | "FAILED";

/** A number of tasks that was decided by what a service uses. */
export interface AutoscaleStatus {
  /** Tasks of the service now; a new spec leaves it as it is. */
  readonly replicas: number;
  /** When it was decided, by the leader's clock. */
  readonly atMs: number;
  /** In one sentence: what was measured, and for how long. */
  readonly reason: string;
}

/** How a spec came to be a service's. */
export interface SpecOrigin {
  /** Written with the spec. */
  readonly cause: SpecOriginCause;
  /** When, by the leader's clock. */
  readonly atMs: number;
  /** Of a spec that the service had before: its generation then; otherwise 0. */
  readonly fromGeneration: number;
}

/** What was done to the service. */
export type SpecOriginCause =
  /** Not said. */
  | "UNKNOWN"
  /** The service was made. */
  | "CREATED"
  /** People changed it. */
  | "UPDATED"
  /** People went back to a spec it had before. */
  | "ROLLED_BACK"
  /** The updater went back, because too many tasks of the spec before failed. */
  | "FAILED_BACK"
  /** People took back a canary. */
  | "ABORTED";

/** A spec is tried in some slots, while the others run the one before. */
export interface Canary {
  /** Numbers of the slots that run the present spec; of a replicated service, at most 1000, ascending. */
  readonly slots: readonly number[];
  /** Likewise the nodes, of a global service. */
  readonly nodeIds: readonly string[];
  /** Every slot runs the present spec, also those to come; both lists are then empty. */
  readonly all: boolean;
  /** What the other slots run, and what the service goes back to if the canary is aborted or fails. */
  readonly base: ServiceSpec | null;
  /** The generation that `base` had. */
  readonly baseGeneration: number;
}

/**
 * A spec that a service had. Written in the transaction that writes the next one, never changed, and removed with its
 * service or when enough newer ones are there.
 */
export interface EarlierSpec {
  /** 25 characters of base 36. */
  readonly id: string;
  /** Version and instants. Written by the store. */
  readonly meta: Meta | null;
  /** Whose spec it was. */
  readonly serviceId: string;
  /** The generation that it was. */
  readonly generation: number;
  /** As it was. */
  readonly spec: ServiceSpec | null;
  /** How it came about; absent: an earlier release wrote it. */
  readonly origin: SpecOrigin | null;
  /** How it ended. */
  readonly outcome: EarlierSpecOutcome;
  /** What its update said at the end, in a sentence; "" = there was none. */
  readonly message: string;
}

/** How it came to be replaced. */
export type EarlierSpecOutcome =
  /** Not said. */
  | "UNKNOWN"
  /** Every slot had come to run it. */
  | "COMPLETED"
  /** The next one came before every slot ran it. */
  | "OVERTAKEN"
  /** Its update or rollback was paused after failures. */
  | "PAUSED"
  /** Its update was rolled back after failures. */
  | "ROLLED_BACK"
  /** It ran in some slots, and the next one came before it was promoted. */
  | "CANARY"
  /** It ran in some slots, and people took it back. */
  | "ABORTED";

/**
 * A container that people of a host made for themselves, on a network of the swarm that lets such containers in. There
 * is one for each of a container's networks, from before its start until after its end. Its host asks for it, and the
 * allocator gives it its addresses.
 */
export interface Guest {
  /** 25 characters of base 36. */
  readonly id: string;
  /** Version and instants. Written by the store. */
  readonly meta: Meta | null;
  /** The host it runs on. */
  readonly nodeId: string;
  /** The network it is on. */
  readonly networkId: string;
  /** 64 hexadecimal digits. On a network no other guest has the same. */
  readonly containerId: string;
  /** By which others on the network find it, the container's own name first. At most 32. */
  readonly names: readonly string[];
  /** Addresses without prefix length that it would like; "" = any. */
  readonly wished: string;
  /** The same of IPv6. */
  readonly wished6: string;
  /** People chose these addresses: no other will do. */
  readonly insists: boolean;
  /** With prefix length, written by the allocator; "" = not yet, or none of this family. */
  readonly address: string;
  /** The same of IPv6. */
  readonly address6: string;
  /** Why it has no address, in a sentence; "" = it has, or it is not known yet. Written by the allocator. */
  readonly err: string;
}

/** Which run of a job its tasks belong to. */
export interface JobStatus {
  /** Counts the runs, from 0: each new spec is one more. Tasks carry that of the run they were made for. */
  readonly iteration: number;
  /** When this run began, by the leader's clock; 0 = a schedule has yet to begin the first one. */
  readonly lastExecutionMs: number;
  /**
   * The newest time of its schedule for which a run began or was left out, or when it got the schedule. Written by the
   * loop for schedules, like what follows.
   */
  readonly lastScheduledMs: number;
  /** When its schedule is due next; 0 = it has none, or that is not known yet. */
  readonly nextRunMs: number;
  /** Runs before the present one that go on beside it. */
  readonly earlierRuns: readonly number[];
}

/** A fault that one control loop of the leader meets in one object. */
export interface LoopTrouble {
  /** Its name in our code and log: "updater". */
  readonly loop: string;
  /** "internal error: ...". */
  readonly sentence: string;
}

/** What people want of a service. */
export type ServiceSpec = {
  /** The name cannot change; an empty one is filled in by the control API. */
  readonly annotations: Annotations | null;
  /** What each of its tasks runs. */
  readonly task: TaskSpec | null;
  /** How an update replaces tasks. Absent = the defaults of each field. */
  readonly update: UpdateConfig | null;
  /** How it is reached. Absent = no published ports. */
  readonly endpoint: EndpointSpec | null;
  /** How going back to this spec replaces tasks; its failure action is never ROLLBACK. Absent = the defaults. */
  readonly rollback: UpdateConfig | null;
  /** What has to be there before its first tasks start, and before an update goes on; at most one for each service. */
  readonly dependsOn: readonly Dependency[];
  /** When a job begins runs by itself; then a new spec begins none. Absent = never. */
  readonly schedule: Schedule | null;
  /**
   * How many of its tasks may be missing on purpose: a number, or a share such as 25%, which is rounded down but at
   * least 1. Default "": any number. Not for jobs.
   */
  readonly maxUnavailable: string;
  /** What Docker's API said of it that changes nothing here. Absent = nothing. */
  readonly onlyTold: OnlyTold | null;
  /** What has to succeed before its tasks are made of another spec. Absent = nothing. Not for jobs. */
  readonly preDeploy: PreDeploy | null;
} & (
  | {
      readonly mode?: undefined;
      readonly replicated?: undefined;
      readonly global?: undefined;
      readonly replicatedJob?: undefined;
      readonly globalJob?: undefined;
    }
  | {
      readonly mode: "replicated";
      /** Set for a replicated service. */
      readonly replicated: ReplicatedMode;
      readonly global?: undefined;
      readonly replicatedJob?: undefined;
      readonly globalJob?: undefined;
    }
  | {
      readonly mode: "global";
      readonly replicated?: undefined;
      /** Set for a global service. The mode cannot change. */
      readonly global: GlobalMode;
      readonly replicatedJob?: undefined;
      readonly globalJob?: undefined;
    }
  | {
      readonly mode: "replicatedJob";
      readonly replicated?: undefined;
      readonly global?: undefined;
      /** Set for a replicated job. */
      readonly replicatedJob: ReplicatedJobMode;
      readonly globalJob?: undefined;
    }
  | {
      readonly mode: "globalJob";
      readonly replicated?: undefined;
      readonly global?: undefined;
      readonly replicatedJob?: undefined;
      /** Set for a global job. */
      readonly globalJob: GlobalJobMode;
    }
);

/** A command that runs once for each spec of a service, in a container like those of its tasks. */
export interface PreDeploy {
  /** Takes the place of the image's own command and entry point. Never empty. */
  readonly command: readonly string[];
  /** How long it may take, and wait for a host. 0 = 600000. */
  readonly timeoutMs: number;
}

/** What Docker's API said of a service and nobody heeds: it is told again to whoever reads the service there. */
export interface OnlyTold {
  /** Parts of durations that are smaller than a millisecond, and zeros that Docker tells from nothing. */
  readonly durations: readonly FineDuration[];
  /** SELinux is to give the containers no labels, as hosts give none anyway. */
  readonly selinuxDisabled: boolean;
}

/** What a duration was beyond its whole milliseconds. */
export interface FineDuration {
  /** The field's path in ServiceSpec: `update.delayMs`. */
  readonly path: string;
  /** The field's value when this was said; with another one this means nothing. */
  readonly ms: number;
  /** What is to be added to that, less than a millisecond; negative where the value was rounded up. */
  readonly nanos: number;
}

/** When a job begins runs by itself. */
export interface Schedule {
  /** Five fields as cron has them, or a name such as @daily. */
  readonly cron: string;
  /** By whose clocks: an IANA name. Default UTC. */
  readonly timeZone: string;
  /** Default FORBID. */
  readonly concurrency: ScheduleConcurrency;
  /** A run that cannot begin within this after its time is left out; 0 = it begins however late it is. */
  readonly startDeadlineMs: number;
  /** Runs that are kept, the present one too; 0 = as many as tasks of a slot. */
  readonly history: number;
}

/** What follows when a run is due while another is under way. */
export type ScheduleConcurrency =
  /** It is left out. */
  | "FORBID"
  /** It goes on beside the other. */
  | "ALLOW"
  /** The other is stopped. */
  | "REPLACE";

/** Another service, and how far it has to be. */
export interface Dependency {
  /** Its name. */
  readonly service: string;
  /** Default STARTED. */
  readonly condition: DependencyCondition;
}

/** How far another service is. */
export type DependencyCondition =
  /** One of its tasks runs or, of a job, has run. */
  | "STARTED"
  /** All of its tasks run the present spec, and are healthy if that is checked. */
  | "HEALTHY"
  /** Every slot has ended with exit code 0; of a job, in its present run. */
  | "COMPLETED";

/** A number of tasks, wherever they fit. */
export interface ReplicatedMode {
  /** 0 means none. The default of 1 applies to a spec without a mode. */
  readonly replicas: number;
  /**
   * By which rules the number changes by itself, such as "min=2,max=10,cpu=60%,memory=70%,up=15s,down=5m"
   * (shared/autoscale.ts). "" = it does not. `replicas` is then the number to begin with.
   */
  readonly autoscale: string;
}

/** One task on every eligible node. */
export type GlobalMode = Readonly<Record<string, never>>;

/** A number of tasks that each run to their end once. */
export interface ReplicatedJobMode {
  /** Tasks at most at the same time; 0 = as many as there are completions. */
  readonly maxConcurrent: number;
  /** Slots whose task has to end with exit code 0. */
  readonly totalCompletions: number;
}

/** One task on every eligible node, which runs to its end once. */
export type GlobalJobMode = Readonly<Record<string, never>>;

/** How tasks are replaced by an update or a rollback. */
export interface UpdateConfig {
  /** Slots replaced at once; 0 = all. Default 1. */
  readonly parallelism: number;
  /** Pause after each slot. Default 0. */
  readonly delayMs: number;
  /** How long a new task is watched for failure. Default 5000. */
  readonly monitorMs: number;
  /** What to do when max_failure_ratio is exceeded. Default PAUSE. */
  readonly failureAction: UpdateConfigFailureAction;
  /** The accepted ratio of failures to updated slots, 0..1. Default 0. */
  readonly maxFailureRatio: number;
  /** Default STOP_FIRST. */
  readonly order: UpdateConfigOrder;
  /**
   * Of updates only: slots that try a new spec before the others get it, as a number ("2") or as a share of them
   * ("20%", rounded up). "" or "0" = no canary.
   */
  readonly canary: string;
}

/** What follows when too many new tasks fail. */
export type UpdateConfigFailureAction =
  /** Stop replacing; people decide. */
  | "PAUSE"
  /** Go on as if nothing had happened. */
  | "CONTINUE"
  /** Go back to the previous spec. */
  | "ROLLBACK";

/** Which goes first in a slot, the old task or the new one. */
export type UpdateConfigOrder =
  /** The old task ends before the new one starts. */
  | "STOP_FIRST"
  /** The old task ends when the new one runs. */
  | "START_FIRST";

/** How far the last update or rollback has come. */
export interface UpdateStatus {
  /** Written by the updater. */
  readonly state: UpdateStatusState;
  /** When it began, by the leader's clock. */
  readonly startedAtMs: number;
  /** When it was complete; 0 = not yet. */
  readonly completedAtMs: number;
  /** Why it is in this state, in one sentence. */
  readonly message: string;
  /** The task whose failure led to this state; "" = none did. */
  readonly failedTask: string;
  /** Why old tasks stop first although the new ones should start first; absent = they do not. */
  readonly stopFirst?: string;
}

/** Where an update or rollback stands. */
export type UpdateStatusState =
  /** Not said. */
  | "UNKNOWN"
  /** Tasks are being replaced. */
  | "UPDATING"
  /** Failed too often; waits for the next change of the spec. */
  | "PAUSED"
  /** Every slot has a task of the current spec. */
  | "COMPLETED"
  /** Going back to the previous spec. */
  | "ROLLBACK_STARTED"
  /** Going back failed too; waits for people. */
  | "ROLLBACK_PAUSED"
  /** Every slot has a task of the previous spec. */
  | "ROLLBACK_COMPLETED"
  /** Every slot of the canary has a task of the current spec; waits for people to promote or abort it. */
  | "CANARY";

/** How a service is reached, as people want it. */
export interface EndpointSpec {
  /** Default VIP. */
  readonly mode: EndpointSpecMode;
  /** At most 1000. Default: none. */
  readonly ports: readonly PortConfig[];
  /**
   * For how long a client keeps its task after its last new connection, by its address; whole seconds, at most a week.
   * On published ports it keeps it for as long as the task is ready. 0 = each connection is placed anew. Only with VIP.
   */
  readonly stickyMs: number;
}

/** How a service is reached by its name. */
export type EndpointSpecMode =
  /** One virtual address for each network. */
  | "VIP"
  /** DNS answers with the tasks' addresses. */
  | "DNSRR";

/** A port of a service's containers that is reached from outside. */
export interface PortConfig {
  /** Default TCP. */
  readonly protocol: PortConfigProtocol;
  /** Port inside the container, 1..65535. */
  readonly targetPort: number;
  /** Port outside, 1..65535; 0 = the allocator chooses from 30000..32767 (ingress), or the host does (host mode). */
  readonly publishedPort: number;
  /** Default INGRESS. */
  readonly publishMode: PortConfigPublishMode;
  /**
   * Where it answers: an address (192.168.0.10), or a block (192.168.0.0/24) for whatever address each host
   * has of it; "" = every address of the hosts.
   */
  readonly hostIp: string;
  /**
   * Of the mesh: a host leads connections to its own tasks alone while it has any that are ready. Default: each host
   * leads to all tasks in turn.
   */
  readonly localFirst: boolean;
}

/** What is spoken on a port. */
export type PortConfigProtocol =
  /** Connections; reset at once while nothing serves the port. */
  | "TCP"
  /** Datagrams; flows follow their backend when it moves. */
  | "UDP"
  /** Associations. */
  | "SCTP";

/** Where a published port answers. */
export type PortConfigPublishMode =
  /** On every host, through the routing mesh. */
  | "INGRESS"
  /** Only on the host that runs the task. */
  | "HOST";

/** How a service is reached, as allocated. */
export interface Endpoint {
  /** Copy of the spec's. */
  readonly mode: EndpointSpecMode;
  /** Every port with its published number. */
  readonly ports: readonly PortConfig[];
  /** One for each network of a VIP service; none in DNSRR mode. */
  readonly virtualIps: readonly VirtualIp[];
}

/** The address of a service on a network. */
export interface VirtualIp {
  /** The network the address is on. */
  readonly networkId: string;
  /** Address with prefix length, 10.0.0.2/20. */
  readonly address: string;
  /** IPv6 address with prefix length; "" = the network has none. */
  readonly address6: string;
}

/** What to run. Written by people as part of a service; copied into each task. */
export interface TaskSpec {
  /** Always there. */
  readonly container: ContainerSpec | null;
  /** Limits enforced by cgroups. Absent or 0 = none. */
  readonly limits: Resources | null;
  /** What the scheduler sets aside. Absent or 0 = none. */
  readonly reservations: Resources | null;
  /** Absent = condition ANY, a delay from 5000 on, no attempt limit. */
  readonly restart: RestartPolicy | null;
  /** Where it may run. Absent = anywhere. */
  readonly placement: Placement | null;
  /** Raised by `service update --force`: makes every task outdated. */
  readonly forceUpdate: number;
  /** Networks its tasks join, besides ingress. */
  readonly networks: readonly NetworkAttachmentConfig[];
  /** Swap on top of the memory limit, in bytes; -1 = unlimited. Absent = as much as the memory limit. */
  readonly swapBytes?: number;
  /** How readily its memory is swapped out, 0..100. Absent or -1 = the host's setting. */
  readonly memorySwappiness?: number;
  /** How its log is kept. Absent = the default driver's default. */
  readonly logDriver: LogDriver | null;
  /** Finer settings of its control groups. Absent = none. */
  readonly controls: ResourceControls | null;
  /** What becomes of a task whose host is lost. Absent = it is replaced when its node is DOWN, and ends after that. */
  readonly loss: LossPolicy | null;
}

/**
 * Settings of a container's control groups beside its limits. 0, "" and empty = the kernel's default. A host that lacks
 * one rejects the task.
 */
export interface ResourceControls {
  /** Its part of the CPU while others want it, too: 2..262144; the kernel's default is 1024. */
  readonly cpuShares: number;
  /** Microseconds within which `cpu_quota_us` may be used: 1000..1000000. Not together with a CPU limit. */
  readonly cpuPeriodUs: number;
  /** Microseconds of CPU time in each period, at least 1000; -1 = no limit. Not together with a CPU limit. */
  readonly cpuQuotaUs: number;
  /** The same for real-time scheduling, which only cgroup v1 limits: at most 1000000. */
  readonly cpuRtPeriodUs: number;
  /** Microseconds of real-time CPU time in each period. */
  readonly cpuRtRuntimeUs: number;
  /** CPUs it may run on, as a list of numbers: 0-2,5. */
  readonly cpusetCpus: string;
  /** Memory nodes it may use, as such a list. */
  readonly cpusetMems: string;
  /** Its part of the disks while others want them, too: 10..1000; the kernel's default is 500. */
  readonly blkioWeight: number;
  /** The same for certain disks. One for each. */
  readonly blkioWeightDevices: readonly DeviceRate[];
  /** Bytes per second that it may read from a disk. One for each disk, as in the three below. */
  readonly readBps: readonly DeviceRate[];
  /** Bytes per second that it may write to a disk. */
  readonly writeBps: readonly DeviceRate[];
  /** Requests per second to read from a disk. */
  readonly readIops: readonly DeviceRate[];
  /** Requests per second to write to a disk. */
  readonly writeIops: readonly DeviceRate[];
  /** Most memory in large pages. One for each size of page. */
  readonly hugepages: readonly HugepageLimit[];
  /** Where it reaches its memory limit, its processes wait instead of being killed. Only cgroup v1 can. */
  readonly oomKillDisable: boolean;
}

/** A number for one device of the host. */
export interface DeviceRate {
  /** Absolute path of a block device of the host. */
  readonly path: string;
  /** What the field says: a weight, bytes or requests per second. At least 1. */
  readonly rate: number;
}

/** How much memory a container may have in pages of one size. */
export interface HugepageLimit {
  /** As the kernel calls it: 2MB, 1GB. */
  readonly pageSize: string;
  /** Bytes. */
  readonly limitBytes: number;
}

/** Where a container's output goes. */
export interface LogDriver {
  /** json-file, local or k8s-file (all the same here), or none. "" = json-file. */
  readonly name: string;
  /** Docker's words: max-size, max-file. */
  readonly options: { readonly [key: string]: string };
}

/** What one container is made from. */
export interface ContainerSpec {
  /** NAME[:TAG][@DIGEST]; a manager adds the digest once, when the service is created or its image updated. */
  readonly image: string;
  /** Container labels. */
  readonly labels: { readonly [key: string]: string };
  /** Replaces the image's ENTRYPOINT (and CMD). Empty = the image's. */
  readonly command: readonly string[];
  /** Replaces the image's CMD. Empty = the image's. */
  readonly args: readonly string[];
  /** KEY=VALUE, added to the image's. */
  readonly env: readonly string[];
  /** Working directory. "" = the image's. */
  readonly dir: string;
  /** USER[:GROUP] by name or number. "" = the image's. */
  readonly user: string;
  /** "" = the first 12 characters of the task id. */
  readonly hostname: string;
  /** No two with the same target. Default: none. */
  readonly mounts: readonly Mount[];
  /** Signal name or number that asks it to stop. "" = the image's, otherwise SIGTERM. */
  readonly stopSignal: string;
  /** Time between the stop signal and SIGKILL. Absent = 10000. */
  readonly stopGracePeriodMs?: number;
  /** Root file system read-only. */
  readonly readOnly: boolean;
  /** Allocate a terminal. */
  readonly tty: boolean;
  /** Run a small init as process 1. */
  readonly init: boolean;
  /** Absent = the image's, which may be none. */
  readonly healthcheck: Healthcheck | null;
  /** Capabilities added to, and taken from, the default fourteen. */
  readonly capabilityAdd: readonly string[];
  /** ALL drops every one. */
  readonly capabilityDrop: readonly string[];
  /**
   * Setuid programs and file capabilities give no privileges. Absent = the setting of the node's daemon, by default
   * false.
   */
  readonly noNewPrivileges?: boolean;
  /** Limits of each process, instead of the defaults. One per name. */
  readonly ulimits: readonly Ulimit[];
  /** Further groups of its processes, by name or number. Default: none. */
  readonly groups: readonly string[];
  /** Lines for /etc/hosts: an address and names. Default: none. */
  readonly hosts: readonly string[];
  /** Settings of its resolver. Absent = the host's. */
  readonly dns: DnsConfig | null;
  /** Kernel settings of its namespaces. Default: none. */
  readonly sysctls: { readonly [key: string]: string };
  /** How soon the kernel kills it when memory runs out, -1000 (never) to 1000. Default 0. */
  readonly oomScoreAdj: number;
  /** Everything that root of its host may do: all capabilities and devices, no filter, nothing hidden. Default false. */
  readonly privileged: boolean;
  /** Devices of the host that it may use. Default: none. */
  readonly devices: readonly Device[];
  /** What it may do with devices that it makes or gets: "c 188:* rwm". Default: none. */
  readonly deviceRules: readonly string[];
  /** GPUs that it may use, whichever the host has. Default: none. */
  readonly gpus: readonly DeviceRequest[];
  /** Whose processes it sees: "" or "private" = its own, "host" = all of the host. */
  readonly pidMode: string;
  /** Whose shared memory it sees: "", "private" and "shareable" = its own, "none" = its own without /dev/shm, "host". */
  readonly ipcMode: string;
  /** Whose host name it has: "" or "private" = its own, "host". */
  readonly utsMode: string;
  /** Which control groups it sees: "private" = its own, "host" = all. "" = private with cgroup v2, host with v1. */
  readonly cgroupMode: string;
  /** Whose user ids it has: "" and "host" are the same, there is nothing else. */
  readonly userMode: string;
  /** NIS domain name. Default: none. */
  readonly domainname: string;
  /** Bytes of its /dev/shm. 0 = 64 MiB. */
  readonly shmSizeBytes: number;
  /** Filter of its system calls. Absent = the default one. */
  readonly seccomp: Seccomp | null;
  /** Its AppArmor profile, which the host must know. "" = swarm-default where the host has it, "unconfined" = none. */
  readonly apparmor: string;
  /** Nothing of /proc and /sys is hidden or read-only. Default false. */
  readonly unconfinedPaths: boolean;
  /** It may make control groups of its own below its own one. Default false. */
  readonly writableCgroups: boolean;
  /** OCI runtime, by the name that the host's daemon was given for it. "" = the host's default. */
  readonly runtime: string;
  /** Control group within which its own is made. "" = the host's default. */
  readonly cgroupParent: string;
  /**
   * `size`: bytes that its changed files may have. Hosts whose file system has no project quotas
   * reject it. Default: none.
   */
  readonly storageOptions: { readonly [key: string]: string };
  /** Annotations of the OCI configuration, beside its labels. Default: none. */
  readonly annotations: { readonly [key: string]: string };
  /**
   * When its image is looked for in the registry: "always", "missing" = only if the host lacks it, "never". "" = one
   * with a digest only if the host lacks it, others each time, with what the host has if that fails.
   */
  readonly pullPolicy: string;
  /** Secrets that it sees as files. No two files of a container have the same target. Default: none. */
  readonly secrets: readonly FileReference[];
  /** The same for configs. */
  readonly configs: readonly FileReference[];
  /** Whether its standard input is open, for whoever attaches, for as long as it runs. */
  readonly openStdin: boolean;
  /**
   * Run one after the other in the container before its own command begins; one that fails ends the task. A daemon that
   * was started again meanwhile begins with the first one again. At most 16, as of the two below.
   */
  readonly initSteps: readonly ContainerStep[];
  /** The same once its own command has begun; only then does the task count as running. */
  readonly postStart: readonly ContainerStep[];
  /** Run before it is asked to stop, within its grace period; one that fails changes nothing. */
  readonly preStop: readonly ContainerStep[];
}

/** A further command in a container, at a turn of its life. It has the container's files, networks, secrets and limits. */
export interface ContainerStep {
  /** At least one word. */
  readonly command: readonly string[];
  /** USER[:GROUP] by name or number. "" = the container's. */
  readonly user: string;
  /** With all capabilities. */
  readonly privileged: boolean;
  /** Working directory. "" = the container's. */
  readonly dir: string;
  /** KEY=VALUE, added to the container's. */
  readonly env: readonly string[];
}

/** A device of the host in a container. */
export interface Device {
  /**
   * Absolute path on the host, of a device or of a directory with some; or its name in a description of devices
   * (Container Device Interface): vendor.example/class=name.
   */
  readonly path: string;
  /** Path in the container. "" = the same. */
  readonly target: string;
  /** What it may do with it: some of r (read), w (write), m (make a device node). "" = rwm. */
  readonly permissions: string;
}

/** GPUs without their names. */
export interface DeviceRequest {
  /** nvidia or amd. "" = whichever the host has. */
  readonly driver: string;
  /** How many; -1 = all. 0 where they are named. */
  readonly count: number;
  /** Which ones, by number or UUID. Empty = any. */
  readonly ids: readonly string[];
  /** Docker's words for what they must be able to, gpu among them; kept and shown. */
  readonly capabilities: readonly string[];
}

/** The filter of a container's system calls. */
export interface Seccomp {
  /** Default DEFAULT. */
  readonly mode: SeccompMode;
  /** JSON as Docker's profiles have it. Only for CUSTOM. */
  readonly profile: string;
}

/** Where it comes from. */
export type SeccompMode =
  /** What hosts have built in. */
  | "DEFAULT"
  /** There is none. */
  | "UNCONFINED"
  /** `profile`. */
  | "CUSTOM";

/** A secret or config as a file of a container. */
export interface FileReference {
  /** Id of the secret or config. If it is empty, the control API looks it up by name and fills it in. */
  readonly sourceId: string;
  /** Its name when the reference was made. */
  readonly sourceName: string;
  /** Path in the container. A relative one is below /run/secrets for a secret and below / for a config. */
  readonly target: string;
  /** Owner of the file. Default 0. */
  readonly uid: number;
  /** Its group. Default 0. */
  readonly gid: number;
  /** Permission bits. Absent = 0444. */
  readonly mode?: number;
}

/** A limit of each process in a container (setrlimit(2)). */
export interface Ulimit {
  /** As in setrlimit(2), in lower case without RLIMIT_: nofile, nproc, core, ... */
  readonly name: string;
  /** The initial limit. -1 = unlimited. */
  readonly soft: number;
  /** How far a process may raise it. -1 = unlimited. */
  readonly hard: number;
}

/** The contents of a container's /etc/resolv.conf. */
export interface DnsConfig {
  /** IP addresses of name servers. Empty = the host's. */
  readonly nameservers: readonly string[];
  /** Domains in which short names are looked up; "." alone = none. Empty = the host's. */
  readonly search: readonly string[];
  /** As in resolv.conf(5): ndots:2. Empty = the host's. */
  readonly options: readonly string[];
}

/** How a container's health is found out. */
export interface Healthcheck {
  /** First word NONE, CMD or CMD-SHELL. Empty = the image's. */
  readonly test: readonly string[];
  /** 0 = 30000. */
  readonly intervalMs: number;
  /** 0 = 30000. */
  readonly timeoutMs: number;
  /** Failures in a row that make it unhealthy. 0 = 3. */
  readonly retries: number;
  /** Failures within this time after the start do not count. 0 = none. */
  readonly startPeriodMs: number;
  /** Time between two checks until the first success. 0 = the image's, otherwise the interval, at most 500. */
  readonly startIntervalMs: number;
}

/** Something from outside that a container sees among its files. */
export interface Mount {
  /** Default BIND on the wire; swarmctl's default is volume. */
  readonly type: MountType;
  /** BIND: an absolute path that exists on the host. VOLUME: its name, "" = a new one for this task. TMPFS: "". */
  readonly source: string;
  /** Absolute path in the container. */
  readonly target: string;
  /** Default false. */
  readonly readOnly: boolean;
  /** TMPFS only; 0 = unlimited. */
  readonly tmpfsSizeBytes: number;
  /** TMPFS only; permission bits, 0 = 01777. */
  readonly tmpfsMode: number;
  /** BIND only. Default ENABLED. */
  readonly bindRecursive: MountBindRecursive;
  /** BIND only. Default RPRIVATE. */
  readonly bindPropagation: MountBindPropagation;
  /** VOLUME only. An empty volume stays empty, whatever the image has at its place. Default false. */
  readonly volumeNoCopy: boolean;
  /** VOLUME only; "" and "local" are the same, there is no other one. */
  readonly volumeDriver: string;
  /**
   * VOLUME only, for one that is not on the host yet: `type`, `o` and `device` of the file system that is mounted as
   * the volume while a task uses it. Empty = a directory of the host.
   */
  readonly volumeOptions: { readonly [key: string]: string };
  /** VOLUME only, for one that is not on the host yet. */
  readonly volumeLabels: { readonly [key: string]: string };
  /** VOLUME only. A relative path in the volume, which must be there: mounted instead of the whole. "" = the whole. */
  readonly volumeSubpath: string;
  /** TMPFS only: `exec` or `noexec`; the last one holds. Default noexec. */
  readonly tmpfsOptions: readonly string[];
  /**
   * VOLUME only, of replicated services: each slot has a volume of its own, SOURCE-SLOT, and its tasks run on the host
   * that has it. Default false.
   */
  readonly volumePerSlot: boolean;
  /** BIND only. A source that is not there is made, as a directory of root. Default false. */
  readonly bindCreate: boolean;
}

/** What is mounted. */
export type MountType =
  /** A file or directory of the host. */
  | "BIND"
  /** A directory that the host keeps, named or for this task alone. */
  | "VOLUME"
  /** Memory, gone with the task. */
  | "TMPFS";

/** What becomes of mounts below a directory that is bound. */
export type MountBindRecursive =
  /** What is mounted below the source is included, read-only if the mount is. */
  | "ENABLED"
  /** Only the source's own file system. */
  | "DISABLED"
  /** What is mounted below is included and stays writable in a read-only mount. */
  | "WRITABLE"
  /** Like ENABLED; refused where it cannot be guaranteed. */
  | "READONLY";

/** Who sees what is mounted below later: "r" with all that is mounted below the source, too. */
export type MountBindPropagation =
  /** Neither host nor container sees what the other one mounts. */
  | "RPRIVATE"
  | "PRIVATE"
  /** Both see what either one mounts. */
  | "RSHARED"
  | "SHARED"
  /** The container sees what the host mounts. */
  | "RSLAVE"
  | "SLAVE";

/** Whether and when a task that ended is replaced. */
export interface RestartPolicy {
  /** Default ANY. */
  readonly condition: RestartPolicyCondition;
  /**
   * Wait before a replacement starts. Absent = 5000, doubling from the third quick end in a row on up to 60000; with
   * max_attempts and window_ms it stays 5000.
   */
  readonly delayMs?: number;
  /** Most replacements; 0 = unlimited. */
  readonly maxAttempts: number;
  /** Only replacements within this time count as attempts; 0 = all. */
  readonly windowMs: number;
}

/** After which ends a task is replaced. */
export type RestartPolicyCondition =
  /** Whenever it has ended. */
  | "ANY"
  /** Only when it ended with an error. */
  | "ON_FAILURE"
  /** Never. */
  | "NONE";

/** What becomes of a task while its host and the managers do not hear each other, and after that. */
export interface LossPolicy {
  /** The task counts as lost when its node's session has been silent for so long; 0 = when the node is DOWN. */
  readonly lostAfterMs: number;
  /** Default KEEP_NEW. */
  readonly onReturn: LossPolicyOnReturn;
  /** Its host stops the task by itself when it has not heard a leader for so long; 0 = never. */
  readonly stopAfterMs: number;
}

/** Which of two tasks of a slot stays when a lost host is back. */
export type LossPolicyOnReturn =
  /** The one that was made elsewhere meanwhile. */
  | "KEEP_NEW"
  /** The one that ran on the lost host, if it still does. */
  | "KEEP_ORIGINAL";

/** On which nodes tasks may run, and how they spread. */
export interface Placement {
  /** `key==value` or `key!=value`; all must hold. */
  readonly constraints: readonly string[];
  /** Most tasks of the service on one node; 0 = no limit. */
  readonly maxReplicas: number;
  /** Platforms for which the image exists, found when it was resolved; empty = any. */
  readonly platforms: readonly Platform[];
  /** Labels over whose values tasks are spread evenly, in order of priority: node.labels.zone. Default: none. */
  readonly spread: readonly string[];
  /** Services near which a task should be placed, or not. At most 100. Default: none. */
  readonly affinities: readonly Affinity[];
  /**
   * Which of the nodes that fit it prefers: spread = that with the fewest tasks of the service, then of all services;
   * binpack = the fullest one, so that others stay empty. Default "": what the cluster's spec says.
   */
  readonly strategy: string;
  /**
   * The more, the more important: 0..100. Waiting tasks of more important services are placed first and, where the
   * cluster's spec allows it, less important ones are stopped for them. Absent = 50.
   */
  readonly priority?: number;
}

/** Where a task should be with regard to the tasks of a service. */
export interface Affinity {
  /** The name of the service; it may be the task's own. */
  readonly service: string;
  /** Away from that service's tasks instead of near them. */
  readonly avoid: boolean;
  /** What near means: nodes with the same value of this label, node.labels.zone. Default "": the same node. */
  readonly topology: string;
  /** Wished for: where no node meets it, the task is placed all the same. */
  readonly soft: boolean;
}

/** A task's wish to join a network. */
export interface NetworkAttachmentConfig {
  /** Network id. */
  readonly target: string;
  /** Further names by which its peers find it. At most 16, each a DNS name. */
  readonly aliases: readonly string[];
  /** Docker's driver options, as they were given. Default: none. */
  readonly driverOptions: { readonly [key: string]: string };
}

/** One attempt to run a service's container on one node. A task only moves forward; a replacement is a new task. */
export interface Task {
  /** 25 characters of base 36. Written once, by the orchestrator. */
  readonly id: string;
  /** Version and instants. Written by the store; what anyone else puts there is ignored. */
  readonly meta: Meta | null;
  /** Copy of the service's, as it was when the task was made. */
  readonly spec: TaskSpec | null;
  /** The generation of the service's spec that it was made from. Written by the orchestrator. */
  readonly generation: number;
  /** Whose task it is. Written once, by the orchestrator. */
  readonly serviceId: string;
  /** Copy of the service's annotations. */
  readonly serviceAnnotations: Annotations | null;
  /** 1.. for replicated services and jobs, 0 for global ones. Written by the orchestrator. */
  readonly slot: number;
  /** "" until assigned; preset for global services and jobs. Written by the scheduler (global: the orchestrator). */
  readonly nodeId: string;
  /** What was observed. Each state has one owner; see TaskState. */
  readonly status: TaskStatus | null;
  /**
   * Where it should go; only grows: COMPLETE for a job's task that should run. Written by orchestrators and the restart
   * supervisor.
   */
  readonly desiredState: TaskState;
  /** Its addresses. Written by the allocator. */
  readonly networks: readonly NetworkAttachment[];
  /** Copy of the service's allocated ports. Written by the allocator. */
  readonly endpoint: Endpoint | null;
  /** Which of its node's generic resources it was given. Written by the scheduler. */
  readonly genericResources: readonly GenericResource[];
  /** Only of jobs: the run that it was made for. Written once, by the orchestrator or the restart supervisor. */
  readonly jobIteration?: number;
  /**
   * It is given no node until what its service depends on is there; what is missing is in its status. Set by the
   * orchestrator, taken back by the loop for dependencies.
   */
  readonly awaitsDependencies: boolean;
  /** It was told to stop to make room for another task. Written once, by the scheduler; absent = it was not. */
  readonly preemption: Preemption | null;
  /**
   * It leaves its node once its successor runs on another one, so that the load is even. Absent = it stays. Written by
   * the loop for rebalancing.
   */
  readonly move: TaskMove | null;
  /**
   * Only where its spec says after what time it counts as lost: since when it does, by the leader's clock. Written by
   * the liveness loop, which takes it back when the node is heard again.
   */
  readonly lostAtMs?: number;
  /**
   * Only of a replacement whose start is delayed: until when, by the clock of the leader that made it. Written once, by
   * the restart supervisor; for people to see, and no part of the task's life.
   */
  readonly notBeforeMs?: number;
  /** How many tasks of its slot ended quickly before it, one after the other: history keeps only a few of them. */
  readonly quickEnds?: number;
}

/** For whom a task had to go. */
export interface Preemption {
  /** The task that gets its room. */
  readonly taskId: string;
  /** That task's name for people: web.3. */
  readonly name: string;
  /** The priority of that task's service. */
  readonly priority: number;
}

/** Where a task is to go, and why. */
export interface TaskMove {
  /** The node that its successor is made for. */
  readonly nodeId: string;
  /** When it was decided, by the leader's clock; a move that takes too long is called off. */
  readonly startedAtMs: number;
  /** In one sentence: how uneven the load was. */
  readonly reason: string;
}

/** The values leave gaps; their order is progress. See docs/ARCHITECTURE.md for who moves a task where. */
export type TaskState =
  /** Made by an orchestrator. */
  | "NEW"
  /** Addresses and ports are set; it is waiting for a node. Allocator. */
  | "PENDING"
  /** Has a node. Scheduler. */
  | "ASSIGNED"
  /** The worker has it. Worker, like all states below. */
  | "ACCEPTED"
  /** Pulling the image, making networks and mounts. */
  | "PREPARING"
  /** Ready to start; waits while the desired state is READY. */
  | "READY"
  /** Its process is being started, or is not yet healthy. */
  | "STARTING"
  /** Its process runs and is healthy, if that is checked. */
  | "RUNNING"
  /** Exited with 0. As a desired state: it should run until then. */
  | "COMPLETE"
  /** Stopped because it was asked to. */
  | "SHUTDOWN"
  /** Exited with another code, or could not start. */
  | "FAILED"
  /** Could not be prepared. */
  | "REJECTED"
  /** Only a desired state: stop it, then delete it. */
  | "REMOVE"
  /** Its node is gone for good. Dispatcher. */
  | "ORPHANED";

/** How far a task is. Written by its state's owner. */
export interface TaskStatus {
  /** Only grows. Default NEW. */
  readonly state: TaskState;
  /** When it got there, by the reporter's clock. */
  readonly timestampMs: number;
  /** What is going on, in a few words. */
  readonly message: string;
  /** What went wrong, in one sentence; "" = nothing. */
  readonly err: string;
  /** Absent until there is a container. */
  readonly container: ContainerStatus | null;
  /** Host-mode ports as actually bound. Written by the worker. */
  readonly hostPorts: readonly PortConfig[];
  /** When a manager stored this status, by the leader's clock. */
  readonly appliedAtMs: number;
}

/** The container of a task, as its host sees it. */
export interface ContainerStatus {
  /**
   * The container's id: the SHA-256 of the task's id, in 64 hexadecimal digits. Written by the worker; by one of an
   * earlier release, the task's id.
   */
  readonly containerId: string;
  /** Process id on its host; 0 = not running. */
  readonly pid: number;
  /** Meaningful in a final state. */
  readonly exitCode: number;
}

/** An address on a network, of a task or a host. */
export interface NetworkAttachment {
  /** The network the address is on. */
  readonly networkId: string;
  /** Address with prefix length. */
  readonly address: string;
  /** Further names by which its peers find it. Default: none. */
  readonly aliases: readonly string[];
  /** IPv6 address with prefix length; "" = the network has none. */
  readonly address6: string;
  /**
   * The network's driver, as NetworkSpec has it: a host must know that a task shares its namespace ("host") or has no
   * network at all ("null") before it has a table of anything. Absent = overlay. Written by the allocator.
   */
  readonly driver?: string;
  /** Hardware address that people chose, as 02:42:ac:11:00:02. Absent = it follows from the address. */
  readonly macAddress?: string;
}

/** A network that tasks join: every host with tasks on it carries it. Tasks on one network reach each other. */
export interface Network {
  /** 25 characters of base 36. Written once. */
  readonly id: string;
  /** Version and instants. Written by the store; what anyone else puts there is ignored. */
  readonly meta: Meta | null;
  /** Written by people; the ingress network's with the cluster. */
  readonly spec: NetworkSpec | null;
  /** VXLAN network identifier, 4096..16777215; 0 = none yet, or a driver without one. Written by the allocator. */
  readonly vni: number;
  /**
   * Its blocks of addresses: those asked for, or one a family that the allocator chose, and what was added since the
   * first were full. Blocks are only ever appended. Empty = none yet, or a driver without them. Written by the
   * allocator.
   */
  readonly subnets: readonly NetworkSubnet[];
}

/** A block of addresses, IPv4 or IPv6. */
export interface NetworkSubnet {
  /** CIDR. */
  readonly cidr: string;
  /** Without prefix length; the same on every host. In a spec: "" = the first usable address. */
  readonly gateway: string;
  /** CIDR of the part that addresses of tasks and services come from. "" = all of it. */
  readonly ipRange: string;
  /** Addresses, without prefix length, by people's names for who has them: nobody else gets one. At most 64. */
  readonly auxiliary: { readonly [key: string]: string };
}

/** What people want of a network. */
export interface NetworkSpec {
  /** The name is unique among networks, ignoring case. */
  readonly annotations: Annotations | null;
  /** Carries published ports; exactly one network does. */
  readonly ingress: boolean;
  /** Wants no way out of the network. */
  readonly internal: boolean;
  /** Largest packet inside the network; 0 = the host link's less what VXLAN adds. */
  readonly mtu: number;
  /** Containers without a service may join it. */
  readonly attachable: boolean;
  /** Tasks have IPv6 addresses too. */
  readonly ipv6: boolean;
  /** overlay, bridge (one of its own on each host), host or null (none). "" = overlay. */
  readonly driver: string;
  /** Docker's driver options, as they were given; what they mean here is in fields of their own. */
  readonly options: { readonly [key: string]: string };
  /** Blocks asked for. At most 16. None of a family = the allocator chooses one, and adds further ones as they fill up. */
  readonly subnets: readonly NetworkSubnet[];
}

/**
 * Data that only the containers using it may read. It leaves the managers only for hosts that run a task of such a
 * service, which keep it in memory.
 */
export interface Secret {
  /** 25 characters of base 36. Written once. */
  readonly id: string;
  /** Version and instants. Written by the store; what anyone else puts there is ignored. */
  readonly meta: Meta | null;
  /** Written by people. After creation only labels change. */
  readonly spec: ContentSpec | null;
}

/** Data for containers, readable by everyone who may ask the managers. */
export interface Config {
  /** 25 characters of base 36. Written once. */
  readonly id: string;
  /** Version and instants. Written by the store; what anyone else puts there is ignored. */
  readonly meta: Meta | null;
  /** Written by people. After creation only labels change. */
  readonly spec: ContentSpec | null;
}

/** What a secret or a config is made of. */
export interface ContentSpec {
  /** The name is unique among objects of its kind, ignoring case; at most 64 characters. */
  readonly annotations: Annotations | null;
  /** The content of the file: 1 to 512000 bytes for a secret, 1 to 1024000 for a config. Empty if it is concealed. */
  readonly data: Buffer;
  /** "" = the data itself; "golang" = a template that each host evaluates for each task. */
  readonly templateDriver: string;
}

/**
 * What the swarm shows to one registry, or to a part of it. It leaves the managers only for hosts that run a task whose
 * image is there, which keep it in memory. No service refers to it: it is looked up by the image, for each pull anew.
 */
export interface Login {
  /** 25 characters of base 36. Written once. */
  readonly id: string;
  /** Version and instants. Written by the store; what anyone else puts there is ignored. */
  readonly meta: Meta | null;
  /** Written by people. */
  readonly spec: LoginSpec | null;
}

/** A user of a registry. */
export interface LoginSpec {
  /**
   * The name is HOST[:PORT][/PATH], the beginning of the names of the images it is for; docker.io is Docker Hub. Unique
   * among logins; at most 255 characters. The longest that an image's name begins with counts.
   */
  readonly annotations: Annotations | null;
  /** Up to 255 bytes. May be empty beside a token. */
  readonly username: string;
  /** Up to 64 KiB. Empty if it is concealed, or beside a token. */
  readonly password: string;
  /**
   * Instead of a password: an OAuth 2 refresh token, by which short-lived ones are got. Up to 64 KiB. Empty if it is
   * concealed.
   */
  readonly identityToken: string;
}

/** The only object with the cluster's own settings and keys. */
export interface Cluster {
  /** 25 characters of base 36; the organization in every certificate. Written once, by init. */
  readonly id: string;
  /** Version and instants. Written by the store; what anyone else puts there is ignored. */
  readonly meta: Meta | null;
  /** Written by people through the control API. */
  readonly spec: ClusterSpec | null;
  /** Written by init, and by token rotation. */
  readonly rootCa: RootCa | null;
  /** VXLAN UDP port. Default 4789. */
  readonly dataPathPort: number;
  /** Certificates that are no longer accepted, by common name. Written by `node rm`. */
  readonly revokedCertificates: { readonly [key: string]: RevokedCertificate };
  /**
   * Keys of membership gossip; absent in a cluster of an earlier swarmd until its leader makes them. Written by init,
   * by the key loop and by key rotation.
   */
  readonly gossipKeys: GossipKeys | null;
  /**
   * The longest ClusterSpec.node_cert_expiry_ms so far: a certificate of that age can still be valid. 0 in a cluster of
   * an earlier swarmd. Written with the spec.
   */
  readonly longestCertExpiryMs: number;
  /** Blocks out of which networks get theirs, IPv4 CIDR. Empty = 10.0.0.0/8. Written by init. */
  readonly defaultAddressPools: readonly string[];
  /** Prefix length of the blocks that are cut from them. 0 = 24. Written by init. */
  readonly defaultSubnetPrefix: number;
  /**
   * What a manager's key store is locked with, SWMKEY-1-...; "" while managers are not locked. Blanked when it leaves
   * the managers, but for the calls that are about it. Written with the spec, and by key rotation.
   */
  readonly unlockKey: string;
  /**
   * The last rebalancing that somebody asked for, and what came of moves. Absent = there was none. Written by the
   * control API and by the loop for rebalancing.
   */
  readonly rebalance: RebalanceStatus | null;
  /**
   * The managers' era (RaftFrame) for which the nodes were brought in order: those that managed the swarm before, and
   * do not any more, are workers. Written by the first leader of an era.
   */
  readonly era: number;
}

/** A rebalancing that people asked for, under way or over. */
export interface RebalanceStatus {
  /** By the leader's clock; 0 = nobody has asked for one yet. */
  readonly startedAtMs: number;
  /** 0 = it is under way. */
  readonly endedAtMs: number;
  /** Moves that it may still begin. */
  readonly movesLeft: number;
  /** Moves that it has begun. */
  readonly movesBegun: number;
  /** What a move has to gain at least, in tasks. */
  readonly gainMin: number;
  /** Moves that came to nothing, the newest last; at most 32. Their services are left alone for a while. */
  readonly calledOff: readonly CalledOffMove[];
}

/** A move that came to nothing: the task stays where it is. */
export interface CalledOffMove {
  /** Whose task it is. */
  readonly serviceId: string;
  /** As people know it: web.2. */
  readonly task: string;
  /** By the leader's clock. */
  readonly atMs: number;
  /** In one sentence. */
  readonly reason: string;
}

/** Whether and how running tasks are moved without being asked, so that the load is even. */
export interface RebalanceSettings {
  /** Default false: tasks are moved when somebody asks for it. */
  readonly background: boolean;
  /** Moves at the same time; 0 = 2. Holds for those that people ask for, too. */
  readonly parallelism: number;
  /** What a move has to gain at least, in tasks by which the nodes differ beyond the one that moves; 0 = 1. */
  readonly gainMin: number;
  /**
   * In the background a task stays at least so long where it is, and a node is ready so long before it is used for
   * moves; 0 = 300000.
   */
  readonly cooldownMs: number;
}

/** What hosts encrypt their gossip with. Never leaves managers and workers of the cluster. */
export interface GossipKeys {
  /**
   * Three of 32 bytes, oldest first: hosts read with all of them and send with the middle one. Empty where they are
   * blanked.
   */
  readonly keys: readonly Buffer[];
  /** Rises by one with every rotation; 1 = the first three. */
  readonly generation: number;
  /** When they were last rotated, by the leader's clock. */
  readonly rotatedAtMs: number;
}

/** Settings of the whole swarm that people may change. */
export interface ClusterSpec {
  /** Name is always "default". */
  readonly annotations: Annotations | null;
  /** Tasks kept for each slot, including the live one. Default 5; negative = all. */
  readonly taskHistoryRetentionLimit: number;
  /** Applied log entries between two snapshots of a manager's state; at least 1. Default 10000. */
  readonly snapshotInterval: number;
  /**
   * Log entries that a manager keeps from before its snapshot: a manager that lags by no more is sent these entries
   * instead of the whole state. Default 500.
   */
  readonly logEntriesForSlowFollowers: number;
  /** How often a worker sends a heartbeat. Default 500. */
  readonly heartbeatPeriodMs: number;
  /** How long a silent node whose host still answers keeps its tasks. Default 30000. */
  readonly disconnectGraceMs: number;
  /** Lifetime of node certificates. Default 90 days; at least one hour. */
  readonly nodeCertExpiryMs: number;
  /** A number that clients of Docker's API change to have the root replaced. Nothing here reads it but them. */
  readonly forceRotate: number;
  /** How services place their tasks that do not say it themselves: spread or binpack. Default "": spread. */
  readonly placementStrategy: string;
  /** Whether tasks may be stopped to make room for tasks of services with a higher priority. Default no. */
  readonly preemption: boolean;
  /** Whether managers' keys are sealed on their disks, so that a daemon needs the unlock key to start. Default no. */
  readonly autoLockManagers: boolean;
  /** How running tasks are moved to even out the load. Absent = only when somebody asks for it, by the defaults. */
  readonly rebalance: RebalanceSettings | null;
}

/** The cluster's certificate authority. Never leaves the managers, except for the certificate. */
export interface RootCa {
  /** PKCS#8 PEM. */
  readonly caKey: string;
  /** PEM; the token's digest covers exactly these bytes. */
  readonly caCert: string;
  /** Always there. */
  readonly joinTokens: JoinTokens | null;
  /** The root that is replacing this one; absent if there is none. Written by root rotation. */
  readonly rotation: RootRotation | null;
}

/**
 * A new root during a rotation: both are trusted and only the new one signs, until every node has shown a certificate
 * from it.
 */
export interface RootRotation {
  /** PEM. */
  readonly caCert: string;
  /** PKCS#8 PEM. Blanked when it leaves the managers. */
  readonly caKey: string;
  /** PEM of the new root, signed by the old one: for hosts that do not know the new one yet. */
  readonly crossSignedCert: string;
  /** SHA-256 fingerprint of ca_cert; see Node.certificate_root. */
  readonly fingerprint: string;
  /** By the leader's clock. */
  readonly startedAtMs: number;
}

/** The secrets by which a host joins. */
export interface JoinTokens {
  /** SWMTKN-1-DIGEST-SECRET; lets a host become a worker. */
  readonly worker: string;
  /** The same for managers. */
  readonly manager: string;
}

/** A certificate that is refused although it has not expired. */
export interface RevokedCertificate {
  /** After this instant the entry may be removed, since the certificate has expired. */
  readonly expiresAtMs: number;
}

/** What one Raft entry does to the store. Applied as a whole or, when the entry is refused, not at all. */
export interface StoreChanges {
  /** In order. At most 200 and 1 MiB. */
  readonly actions: readonly StoreAction[];
  /** The leader's clock when it was proposed; becomes the objects' created/updated instants. */
  readonly proposedAtMs: number;
  /**
   * How many entries had been applied before this one, including those in flight, when the leader made it. Every
   * manager refuses an entry whose number is not the next one: it was computed from a state that never came about,
   * because a proposal before it was dropped.
   */
  readonly sequence: number;
}

/** One change of one object. */
export type StoreAction = {
  /** Default CREATE. */
  readonly kind: StoreActionKind;
} & (
  | {
      readonly object?: undefined;
      readonly node?: undefined;
      readonly service?: undefined;
      readonly task?: undefined;
      readonly network?: undefined;
      readonly cluster?: undefined;
      readonly secret?: undefined;
      readonly config?: undefined;
      readonly login?: undefined;
      readonly earlierSpec?: undefined;
      readonly guest?: undefined;
    }
  | {
      readonly object: "node";
      /** Set for a node. */
      readonly node: Node;
      readonly service?: undefined;
      readonly task?: undefined;
      readonly network?: undefined;
      readonly cluster?: undefined;
      readonly secret?: undefined;
      readonly config?: undefined;
      readonly login?: undefined;
      readonly earlierSpec?: undefined;
      readonly guest?: undefined;
    }
  | {
      readonly object: "service";
      readonly node?: undefined;
      /** Set for a service. */
      readonly service: Service;
      readonly task?: undefined;
      readonly network?: undefined;
      readonly cluster?: undefined;
      readonly secret?: undefined;
      readonly config?: undefined;
      readonly login?: undefined;
      readonly earlierSpec?: undefined;
      readonly guest?: undefined;
    }
  | {
      readonly object: "task";
      readonly node?: undefined;
      readonly service?: undefined;
      /** Set for a task. */
      readonly task: Task;
      readonly network?: undefined;
      readonly cluster?: undefined;
      readonly secret?: undefined;
      readonly config?: undefined;
      readonly login?: undefined;
      readonly earlierSpec?: undefined;
      readonly guest?: undefined;
    }
  | {
      readonly object: "network";
      readonly node?: undefined;
      readonly service?: undefined;
      readonly task?: undefined;
      /** Set for a network. */
      readonly network: Network;
      readonly cluster?: undefined;
      readonly secret?: undefined;
      readonly config?: undefined;
      readonly login?: undefined;
      readonly earlierSpec?: undefined;
      readonly guest?: undefined;
    }
  | {
      readonly object: "cluster";
      readonly node?: undefined;
      readonly service?: undefined;
      readonly task?: undefined;
      readonly network?: undefined;
      /** Set for a cluster. */
      readonly cluster: Cluster;
      readonly secret?: undefined;
      readonly config?: undefined;
      readonly login?: undefined;
      readonly earlierSpec?: undefined;
      readonly guest?: undefined;
    }
  | {
      readonly object: "secret";
      readonly node?: undefined;
      readonly service?: undefined;
      readonly task?: undefined;
      readonly network?: undefined;
      readonly cluster?: undefined;
      /** Set for a secret. */
      readonly secret: Secret;
      readonly config?: undefined;
      readonly login?: undefined;
      readonly earlierSpec?: undefined;
      readonly guest?: undefined;
    }
  | {
      readonly object: "config";
      readonly node?: undefined;
      readonly service?: undefined;
      readonly task?: undefined;
      readonly network?: undefined;
      readonly cluster?: undefined;
      readonly secret?: undefined;
      /** Set for a config. */
      readonly config: Config;
      readonly login?: undefined;
      readonly earlierSpec?: undefined;
      readonly guest?: undefined;
    }
  | {
      readonly object: "login";
      readonly node?: undefined;
      readonly service?: undefined;
      readonly task?: undefined;
      readonly network?: undefined;
      readonly cluster?: undefined;
      readonly secret?: undefined;
      readonly config?: undefined;
      /** Set for a login. */
      readonly login: Login;
      readonly earlierSpec?: undefined;
      readonly guest?: undefined;
    }
  | {
      readonly object: "earlierSpec";
      readonly node?: undefined;
      readonly service?: undefined;
      readonly task?: undefined;
      readonly network?: undefined;
      readonly cluster?: undefined;
      readonly secret?: undefined;
      readonly config?: undefined;
      readonly login?: undefined;
      /** Set for a spec that a service had. */
      readonly earlierSpec: EarlierSpec;
      readonly guest?: undefined;
    }
  | {
      readonly object: "guest";
      readonly node?: undefined;
      readonly service?: undefined;
      readonly task?: undefined;
      readonly network?: undefined;
      readonly cluster?: undefined;
      readonly secret?: undefined;
      readonly config?: undefined;
      readonly login?: undefined;
      readonly earlierSpec?: undefined;
      /** Set for a guest. */
      readonly guest: Guest;
    }
);

/** What was done to the object. */
export type StoreActionKind =
  /** The id must be new. */
  | "CREATE"
  /** Replaces the whole object. */
  | "UPDATE"
  /** The object must exist. */
  | "REMOVE";

/** The whole store, for snapshots. */
export interface StoreSnapshot {
  /** All nodes, by id. */
  readonly nodes: readonly Node[];
  /** All services, by id. */
  readonly services: readonly Service[];
  /** All tasks, by id. */
  readonly tasks: readonly Task[];
  /** All networks, by id. */
  readonly networks: readonly Network[];
  /** All clusters, by id. */
  readonly clusters: readonly Cluster[];
  /** Entries applied so far; see StoreChanges.sequence. */
  readonly sequence: number;
  /** All secrets, by id. */
  readonly secrets: readonly Secret[];
  /** All configs, by id. */
  readonly configs: readonly Config[];
  /** All logins, by id. */
  readonly logins: readonly Login[];
  /** All specs that services had, by id. */
  readonly earlierSpecs: readonly EarlierSpec[];
  /** All guests, by id. */
  readonly guests: readonly Guest[];
}
