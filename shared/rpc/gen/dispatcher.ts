// Made from proto/swarm/v1/dispatcher.proto by scripts/generate.ts.
import type { RpcMethod } from "../service-types.ts";
import type { Examination, ExaminationReport } from "./doctor.ts";
import type { HostCall, HostReply } from "./hosts.ts";
import type { Config, GossipKeys, Guest, Login, Network, Node, NodeDescription, PortConfig, Secret, Task, TaskStatus } from "./objects.ts";

/**
 * Between the leader and every host's worker. A manager that does not lead refuses with FAILED_PRECONDITION and, in
 * the metadata key `swarm-detail`, the leader's address: {"kind": "notLeader", "leaderAddress": "HOST:PORT"}.
 */
export interface DispatcherMethods {
  /**
   * One stream for each worker. The worker registers first; the leader answers with `registered`, then one full set
   * of assignments, then deltas. A second stream of the same node ends the first.
   */
  readonly session: RpcMethod<"bidi", WorkerMessage, ManagerMessage>;
  /** The worker's answer to a log subscription; ends when the logs end or the manager closes it. */
  readonly publishLogs: RpcMethod<"clientStream", PublishLogsRequest, PublishLogsResponse>;
  /**
   * The worker's answer to `open_call`: one stream for each call. The worker sends `opened`, gets `head`, requests and
   * `half_close`, and sends `reply`s and `status`. Whoever closes the stream before the status gives the call up.
   */
  readonly carry: RpcMethod<"bidi", HostReply, HostCall>;
  /**
   * Which network of the swarm is meant, for a container that people of this host made. PERMISSION_DENIED for one that
   * lets no such containers in, NOT_FOUND when there is none.
   */
  readonly findNetwork: RpcMethod<"unary", FindNetworkRequest, FindNetworkResponse>;
  /**
   * The whole of this host's guests; those it had before and does not name are over. Answered once each of them has an
   * address, or a reason why not.
   */
  readonly tellGuests: RpcMethod<"unary", TellGuestsRequest, TellGuestsResponse>;
}

/** Names a network of the swarm. */
export interface FindNetworkRequest {
  /** Its name, its id, or a unique prefix of that. */
  readonly ref: string;
}

/** A network that lets containers in which belong to no service. */
export interface FindNetworkResponse {
  /** As the managers have it. */
  readonly network: Network | null;
}

/** The own containers of a host that are on networks of the swarm, or about to be. */
export interface TellGuestsRequest {
  /** At most 1000. The id, the node, the addresses given and the reason are the leader's to say, and are not read. */
  readonly guests: readonly Guest[];
}

/** What became of it. */
export interface TellGuestsResponse {
  /** In the order of the request; with addresses, or with `err`. */
  readonly guests: readonly Guest[];
}

/** From worker to leader. */
export type WorkerMessage = {} & (
  | {
      readonly message?: undefined;
      readonly register?: undefined;
      readonly heartbeat?: undefined;
      readonly status?: undefined;
      readonly applied?: undefined;
      readonly description?: undefined;
      readonly leave?: undefined;
      readonly gossip?: undefined;
      readonly examination?: undefined;
      readonly usage?: undefined;
    }
  | {
      readonly message: "register";
      /** The first message of a session; nothing else may precede it. */
      readonly register: Register;
      readonly heartbeat?: undefined;
      readonly status?: undefined;
      readonly applied?: undefined;
      readonly description?: undefined;
      readonly leave?: undefined;
      readonly gossip?: undefined;
      readonly examination?: undefined;
      readonly usage?: undefined;
    }
  | {
      readonly message: "heartbeat";
      readonly register?: undefined;
      /** A sign of life when there is nothing else to send. */
      readonly heartbeat: Heartbeat;
      readonly status?: undefined;
      readonly applied?: undefined;
      readonly description?: undefined;
      readonly leave?: undefined;
      readonly gossip?: undefined;
      readonly examination?: undefined;
      readonly usage?: undefined;
    }
  | {
      readonly message: "status";
      readonly register?: undefined;
      readonly heartbeat?: undefined;
      /** Statuses of tasks. */
      readonly status: StatusReport;
      readonly applied?: undefined;
      readonly description?: undefined;
      readonly leave?: undefined;
      readonly gossip?: undefined;
      readonly examination?: undefined;
      readonly usage?: undefined;
    }
  | {
      readonly message: "applied";
      readonly register?: undefined;
      readonly heartbeat?: undefined;
      readonly status?: undefined;
      /** How far the assignments have been carried out. */
      readonly applied: Applied;
      readonly description?: undefined;
      readonly leave?: undefined;
      readonly gossip?: undefined;
      readonly examination?: undefined;
      readonly usage?: undefined;
    }
  | {
      readonly message: "description";
      readonly register?: undefined;
      readonly heartbeat?: undefined;
      readonly status?: undefined;
      readonly applied?: undefined;
      /** Sent when it changes. */
      readonly description: NodeDescription;
      readonly leave?: undefined;
      readonly gossip?: undefined;
      readonly examination?: undefined;
      readonly usage?: undefined;
    }
  | {
      readonly message: "leave";
      readonly register?: undefined;
      readonly heartbeat?: undefined;
      readonly status?: undefined;
      readonly applied?: undefined;
      readonly description?: undefined;
      /** The host leaves for good: it is down at once. The leader ends the stream when that is committed. */
      readonly leave: Leave;
      readonly gossip?: undefined;
      readonly examination?: undefined;
      readonly usage?: undefined;
    }
  | {
      readonly message: "gossip";
      readonly register?: undefined;
      readonly heartbeat?: undefined;
      readonly status?: undefined;
      readonly applied?: undefined;
      readonly description?: undefined;
      readonly leave?: undefined;
      /** What this host's gossip says about others; the whole of it, at first and whenever it changes. */
      readonly gossip: GossipReport;
      readonly examination?: undefined;
      readonly usage?: undefined;
    }
  | {
      readonly message: "examination";
      readonly register?: undefined;
      readonly heartbeat?: undefined;
      readonly status?: undefined;
      readonly applied?: undefined;
      readonly description?: undefined;
      readonly leave?: undefined;
      readonly gossip?: undefined;
      /** The answers to an `examination`: one at once, one when it is done. */
      readonly examination: ExaminationReport;
      readonly usage?: undefined;
    }
  | {
      readonly message: "usage";
      readonly register?: undefined;
      readonly heartbeat?: undefined;
      readonly status?: undefined;
      readonly applied?: undefined;
      readonly description?: undefined;
      readonly leave?: undefined;
      readonly gossip?: undefined;
      readonly examination?: undefined;
      /** What tasks use, as long as the leader wants to know it. */
      readonly usage: UsageReport;
    }
);

/** Hosts that gossip has as dead or left. No report at all = the host does not gossip, or not yet. */
export interface GossipReport {
  /** At most 10000. */
  readonly gone: readonly GoneHost[];
}

/** A host that gossip has lost, as the reporting host sees it. */
export interface GoneHost {
  /** The host that is gone. */
  readonly nodeId: string;
  /** This host also tried to connect to it, more than once, and got no answer at all. */
  readonly unanswered: boolean;
}

/** What some tasks of this host use. The leader keeps it in memory until the next one. */
export interface UsageReport {
  /** Of those asked for, all that run and were measured twice. At most 1000. */
  readonly tasks: readonly TaskUsage[];
}

/** What one task uses. */
export interface TaskUsage {
  /** The task. */
  readonly taskId: string;
  /** Billionths of a CPU, on average since the report before. */
  readonly nanoCpus: number;
  /** Bytes, without what the kernel could drop from its caches at once. */
  readonly memoryBytes: number;
}

/** Which tasks the leader wants to be told of. Takes the place of the request before it. */
export interface UsageRequest {
  /** Tasks of this host, at most 1000. Empty = none any more. */
  readonly taskIds: readonly string[];
  /** How often, at least 1000. */
  readonly periodMs: number;
}

/** Begins a session. */
export interface Register {
  /** What the host is, has and runs. */
  readonly description: NodeDescription | null;
}

/** Only a sign of life; the leader answers each with one, so that a worker notices when the leader is gone. */
export interface Heartbeat {
  /**
   * The worker counts its heartbeats from 1; the answer has the number of the newest that came. 0 = from a release that
   * does not count.
   */
  readonly number: number;
}

/** The host leaves the swarm. */
export type Leave = Readonly<Record<string, never>>;

/** Statuses of tasks; the worker repeats the report until `StatusAccepted` names its number. */
export interface StatusReport {
  /** 1, 2, 3 ... in this session. */
  readonly number: number;
  /** At most 1000. */
  readonly updates: readonly TaskStatusUpdate[];
}

/** What became of one task. */
export interface TaskStatusUpdate {
  /** A task assigned to this node; a report about any other is dropped. */
  readonly taskId: string;
  /** As the worker sees it. A state earlier than the one that the managers know is dropped. */
  readonly status: TaskStatus | null;
}

/** The worker has applied everything up to this revision: its kernel tables match. */
export interface Applied {
  /** The revision of the assignments. */
  readonly revision: number;
}

/** From leader to worker. */
export type ManagerMessage = {} & (
  | {
      readonly message?: undefined;
      readonly registered?: undefined;
      readonly assignments?: undefined;
      readonly statusAccepted?: undefined;
      readonly cluster?: undefined;
      readonly logSubscription?: undefined;
      readonly heartbeat?: undefined;
      readonly examination?: undefined;
      readonly openCall?: undefined;
      readonly usageRequest?: undefined;
    }
  | {
      readonly message: "registered";
      /** The answer to `register`. */
      readonly registered: Registered;
      readonly assignments?: undefined;
      readonly statusAccepted?: undefined;
      readonly cluster?: undefined;
      readonly logSubscription?: undefined;
      readonly heartbeat?: undefined;
      readonly examination?: undefined;
      readonly openCall?: undefined;
      readonly usageRequest?: undefined;
    }
  | {
      readonly message: "assignments";
      readonly registered?: undefined;
      /** What to run and route: one full set, then changes. */
      readonly assignments: Assignments;
      readonly statusAccepted?: undefined;
      readonly cluster?: undefined;
      readonly logSubscription?: undefined;
      readonly heartbeat?: undefined;
      readonly examination?: undefined;
      readonly openCall?: undefined;
      readonly usageRequest?: undefined;
    }
  | {
      readonly message: "statusAccepted";
      readonly registered?: undefined;
      readonly assignments?: undefined;
      /** A status report is in the store and need not be repeated. */
      readonly statusAccepted: StatusAccepted;
      readonly cluster?: undefined;
      readonly logSubscription?: undefined;
      readonly heartbeat?: undefined;
      readonly examination?: undefined;
      readonly openCall?: undefined;
      readonly usageRequest?: undefined;
    }
  | {
      readonly message: "cluster";
      readonly registered?: undefined;
      readonly assignments?: undefined;
      readonly statusAccepted?: undefined;
      /** What every host must know of the cluster. */
      readonly cluster: ClusterView;
      readonly logSubscription?: undefined;
      readonly heartbeat?: undefined;
      readonly examination?: undefined;
      readonly openCall?: undefined;
      readonly usageRequest?: undefined;
    }
  | {
      readonly message: "logSubscription";
      readonly registered?: undefined;
      readonly assignments?: undefined;
      readonly statusAccepted?: undefined;
      readonly cluster?: undefined;
      /** Somebody wants to read logs, or has stopped reading. */
      readonly logSubscription: LogSubscription;
      readonly heartbeat?: undefined;
      readonly examination?: undefined;
      readonly openCall?: undefined;
      readonly usageRequest?: undefined;
    }
  | {
      readonly message: "heartbeat";
      readonly registered?: undefined;
      readonly assignments?: undefined;
      readonly statusAccepted?: undefined;
      readonly cluster?: undefined;
      readonly logSubscription?: undefined;
      /** The answer to each `heartbeat` of the worker. */
      readonly heartbeat: Heartbeat;
      readonly examination?: undefined;
      readonly openCall?: undefined;
      readonly usageRequest?: undefined;
    }
  | {
      readonly message: "examination";
      readonly registered?: undefined;
      readonly assignments?: undefined;
      readonly statusAccepted?: undefined;
      readonly cluster?: undefined;
      readonly logSubscription?: undefined;
      readonly heartbeat?: undefined;
      /** Somebody wants to know how this host is. Ends an earlier one. */
      readonly examination: Examination;
      readonly openCall?: undefined;
      readonly usageRequest?: undefined;
    }
  | {
      readonly message: "openCall";
      readonly registered?: undefined;
      readonly assignments?: undefined;
      readonly statusAccepted?: undefined;
      readonly cluster?: undefined;
      readonly logSubscription?: undefined;
      readonly heartbeat?: undefined;
      readonly examination?: undefined;
      /** Somebody makes a call of this host's engine: open a stream for it. */
      readonly openCall: OpenCall;
      readonly usageRequest?: undefined;
    }
  | {
      readonly message: "usageRequest";
      readonly registered?: undefined;
      readonly assignments?: undefined;
      readonly statusAccepted?: undefined;
      readonly cluster?: undefined;
      readonly logSubscription?: undefined;
      readonly heartbeat?: undefined;
      readonly examination?: undefined;
      readonly openCall?: undefined;
      /** From now on tell what these tasks use. */
      readonly usageRequest: UsageRequest;
    }
);

/** The leader has a call for this host's engine. */
export interface OpenCall {
  /** Names it in `Carry`. Whoever gives it up before that lets the stream be refused. */
  readonly callId: string;
  /**
   * The call was given up: end its stream. Said here because the end of a stream waits behind what the host does not
   * read from it.
   */
  readonly close: boolean;
}

/** The session has begun. */
export interface Registered {
  /** A fresh id for each session. */
  readonly sessionId: string;
  /** The worker sends something at least this often, until a cluster view says otherwise. */
  readonly heartbeatPeriodMs: number;
}

/** What a worker need not repeat. */
export interface StatusAccepted {
  /** The number of the newest accepted report; all earlier ones are accepted as well. */
  readonly number: number;
}

/** What every host must know of the cluster; sent at first and when it changes. */
export interface ClusterView {
  /** This host's own object, including its desired role. */
  readonly node: Node | null;
  /** Where managers listen, HOST:PORT. */
  readonly managers: readonly string[];
  /** PEM of the root certificates to trust; two while the root is being replaced. */
  readonly rootCa: string;
  /** Absent until the cluster has them; without them a host does not gossip. */
  readonly gossipKeys: GossipKeys | null;
  /** IP addresses of hosts to gossip with at first: managers, then some others. At most 32. */
  readonly gossipAddresses: readonly string[];
  /** SHA-256 fingerprint of the root from which this host must have and show a certificate; "" = any. */
  readonly certificateRoot: string;
  /** How often to send at least something; replaces what `Registered` said. 0 = as before. */
  readonly heartbeatPeriodMs: number;
  /**
   * The managers' era (RaftFrame). A host that has heard of a later one takes nothing from these managers: they were
   * lost when the group was made anew.
   */
  readonly era: number;
}

/** What a worker should run and route. */
export interface Assignments {
  /** FULL in the first revision of a session, DELTA in all others. */
  readonly kind: AssignmentsKind;
  /** 1, 2, 3 ... in this session. */
  readonly revision: number;
  /** What is new or has changed. */
  readonly put: readonly Assignment[];
  /** Ids of what this node no longer needs. */
  readonly removedIds: readonly string[];
  /** Further messages of the same revision follow, of the same kind. None of it takes effect before the last one. */
  readonly more: boolean;
  /** Changes of tables that this session has sent whole; after `put` and `removed_ids`. */
  readonly tableChanges: readonly NetworkTableChange[];
}

/** Whether the message stands for itself or builds on the one before. */
export type AssignmentsKind =
  /** Replaces everything known. */
  | "FULL"
  /** Changes against revision - 1. */
  | "DELTA";

/** Something that a worker has because of its tasks. No two share an id, whatever their kind. */
export type Assignment = {} & (
  | {
      readonly item?: undefined;
      readonly task?: undefined;
      readonly network?: undefined;
      readonly secret?: undefined;
      readonly config?: undefined;
      readonly login?: undefined;
    }
  | {
      readonly item: "task";
      /** A task of this node, to be run, or kept until it is removed. */
      readonly task: Task;
      readonly network?: undefined;
      readonly secret?: undefined;
      readonly config?: undefined;
      readonly login?: undefined;
    }
  | {
      readonly item: "network";
      readonly task?: undefined;
      /** A network this node takes part in, with its complete endpoint table. */
      readonly network: NetworkTable;
      readonly secret?: undefined;
      readonly config?: undefined;
      readonly login?: undefined;
    }
  | {
      readonly item: "secret";
      readonly task?: undefined;
      readonly network?: undefined;
      /** A secret that a task of this node uses. Workers keep it only in memory. */
      readonly secret: Secret;
      readonly config?: undefined;
      readonly login?: undefined;
    }
  | {
      readonly item: "config";
      readonly task?: undefined;
      readonly network?: undefined;
      readonly secret?: undefined;
      /** A config that a task of this node uses. Workers keep it only in memory. */
      readonly config: Config;
      readonly login?: undefined;
    }
  | {
      readonly item: "login";
      readonly task?: undefined;
      readonly network?: undefined;
      readonly secret?: undefined;
      readonly config?: undefined;
      /** What a registry wants to see before a task's image can be pulled. Workers keep it only in memory. */
      readonly login: Login;
    }
);

/** Everything a host needs to carry one network. */
export interface NetworkTable {
  /** The network itself: subnets, gateways, VNI, MTU. */
  readonly network: Network | null;
  /** Every host that takes part, including this one. */
  readonly hosts: readonly NetworkHost[];
  /** Every task endpoint, wherever it runs. */
  readonly endpoints: readonly NetworkEndpoint[];
  /** Services on it, with names, virtual addresses and published ports. */
  readonly services: readonly NetworkService[];
  /** VXLAN UDP port. */
  readonly dataPathPort: number;
}

/** A host that takes part in a network. */
export interface NetworkHost {
  /** The host's node. */
  readonly nodeId: string;
  /** Where VXLAN packets for it go: an IP address. */
  readonly dataPathAddress: string;
  /** The host's own address on the network, with prefix length. Only on the ingress network, "" on all others. */
  readonly address: string;
  /** Its hostname, for messages. */
  readonly hostname: string;
  /** The leader hears it: its session is active, whatever gossip says about it. */
  readonly heard: boolean;
  /** On the ingress network: it and its tasks can be reached over IPv6, at addresses that follow from those of IPv4. */
  readonly carriesIpv6: boolean;
}

/** A task's place on a network. */
export interface NetworkEndpoint {
  /** The task that has the address. */
  readonly taskId: string;
  /** The service it belongs to. */
  readonly serviceId: string;
  /** Where it runs. */
  readonly nodeId: string;
  /** With prefix length. Its MAC follows from it: 02:42 and the four bytes of the address. */
  readonly address: string;
  /** Whether it may be sent to. */
  readonly state: NetworkEndpointState;
  /** IPv6 address with prefix length; "" = the network has none. */
  readonly address6: string;
  /** Names of this task alone, besides those of its service: its own name (web.2.ID), web.2 and its host name. */
  readonly names: readonly string[];
}

/** What may be sent to an endpoint. */
export type NetworkEndpointState =
  /** Not to be sent to (not running yet, or unhealthy). */
  | "PENDING"
  /** Gets traffic. */
  | "READY"
  /** Finishes what it has, gets nothing new. */
  | "DRAINING";

/** A service as others on the network find it. */
export interface NetworkService {
  /** The service. */
  readonly serviceId: string;
  /** By which other containers on the network find it. */
  readonly name: string;
  /** Without prefix length; "" = none: then its names stand for the addresses of its tasks. */
  readonly virtualIp: string;
  /** Only ingress-mode ports, and only in the ingress network's table. */
  readonly ports: readonly PortConfig[];
  /** IPv6, without prefix length; "" = none. */
  readonly virtualIp6: string;
  /** Further names for it on this network. */
  readonly aliases: readonly string[];
  /** Seconds for which a client's address keeps going to one backend; 0 = each connection is placed anew. */
  readonly stickySeconds: number;
}

/** What changed in a table that the worker has. */
export interface NetworkTableChange {
  /** The network whose table it is. */
  readonly networkId: string;
  /** Set when the network itself changed. */
  readonly network: Network | null;
  /** New or changed hosts, whole. */
  readonly putHosts: readonly NetworkHost[];
  /** New or changed endpoints, whole. */
  readonly putEndpoints: readonly NetworkEndpoint[];
  /** New or changed services, whole. */
  readonly putServices: readonly NetworkService[];
  /** Hosts that are gone, by node. */
  readonly removedNodeIds: readonly string[];
  /** Endpoints that are gone, by task. */
  readonly removedTaskIds: readonly string[];
  /** Services that are gone. */
  readonly removedServiceIds: readonly string[];
}

/** The leader asks for logs of tasks on this host. */
export interface LogSubscription {
  /** Names it in PublishLogs. */
  readonly subscriptionId: string;
  /** Tasks of this host whose logs are wanted. */
  readonly taskIds: readonly string[];
  /** Which lines of them. */
  readonly options: LogOptions | null;
  /** The reader is gone: stop. */
  readonly close: boolean;
  /** How far logs have been read already, at most one for a task: only what follows is wanted, whatever the options say. */
  readonly resume: readonly LogPosition[];
}

/** A place in a task's log, right after a line. */
export interface LogPosition {
  /** Whose log. */
  readonly taskId: string;
  /** As in LogLine. */
  readonly timestampMs: number;
  /** As in LogLine. */
  readonly nanos: number;
  /** As in LogLine. */
  readonly generation: number;
  /** As in LogLine. */
  readonly offset: number;
}

/** Which lines of a log are wanted. */
export interface LogOptions {
  /** Continue as lines come. */
  readonly follow: boolean;
  /** Lines from the end of each task; negative = all. */
  readonly tail: number;
  /** Only lines at or after this instant; 0 = all. */
  readonly sinceMs: number;
  /** Only lines at or before this instant, which ends following as well; 0 = all. */
  readonly untilMs: number;
}

/** A piece of the answer to a log subscription. */
export interface PublishLogsRequest {
  /** The subscription that the lines answer. */
  readonly subscriptionId: string;
  /** In the order of each task's log. */
  readonly lines: readonly LogLine[];
  /** Logs that could not be had, or not to their end. */
  readonly faults: readonly LogFault[];
  /** All that had been written when the logs were opened has come, with this message or before it. */
  readonly caughtUp: boolean;
}

/** A log that could not be read. */
export interface LogFault {
  /** One of the subscription's tasks. */
  readonly taskId: string;
  /** Why, in a few words. */
  readonly reason: string;
}

/** All of it has arrived. */
export type PublishLogsResponse = Readonly<Record<string, never>>;

/** One line of a container's output, or a part of one. */
export interface LogLine {
  /** Whose line it is. */
  readonly taskId: string;
  /** Where the task runs. */
  readonly nodeId: string;
  /** Unix nanoseconds do not fit a safe integer: milliseconds here, nanoseconds below. */
  readonly timestampMs: number;
  /** 0..999999, nanoseconds within the millisecond. */
  readonly nanos: number;
  /** Which of the container's outputs it came from. */
  readonly stream: LogLineStream;
  /** Byte for byte as the container wrote it, without the line end. */
  readonly text: Buffer;
  /** There is no line end after it: the stream's next LogLine continues the same line, or nothing more was written. */
  readonly partial: boolean;
  /** Counts the files of the task's log, from 1; 0 = not said, as by hosts that do not know yet. */
  readonly generation: number;
  /** Bytes of that file up to the line's end. */
  readonly offset: number;
}

/** The two outputs of a process. */
export type LogLineStream =
  | "STDOUT"
  | "STDERR";
