/**
 * The fields of a service's spec, each once: where it lies, its flag, its default, what is allowed, where Docker has
 * it, where `--pretty` shows it. The command line, the checks, `inspect` and the Docker shapes read this table; a new
 * plain field is a line in objects.proto, a row here, and whoever acts on it. Rows stand in the order of Docker's JSON.
 */

import { CONTAINER_HOSTNAME, CONTAINER_HOSTNAME_LENGTH_MAX } from "../objects/hostname.ts";
import { MEMORY_BYTES_MIN, NANO_CPUS_MIN, SPEC_LIMITS } from "../objects/limits.ts";
import { DEFAULT_REPLICAS, RESTART_DELAY_MS, STOP_GRACE_MS } from "./defaults.ts";
import { type FieldType, field, type ServiceField } from "./field.ts";
import { rolloutFields } from "./rollout-fields.ts";

const CONDITIONS = { any: "ANY", "on-failure": "ON_FAILURE", none: "NONE" } as const;
const ENDPOINT_MODES = { vip: "VIP", dnsrr: "DNSRR" } as const;
const SIGNAL = /^(?:SIG)?[A-Z][A-Z0-9]*(?:[+-][0-9]{1,2})?$|^[1-9][0-9]?$/i;

const TASK = "TaskTemplate";
const CONTAINER = `${TASK}.ContainerSpec`;

const duration = { kind: "duration" } as const;
const words = { kind: "words" } as const;
const attempts = { kind: "whole", min: 0, max: SPEC_LIMITS.attempts.max } as const satisfies FieldType;
const list = <const Element extends string>(element: Element) => ({ kind: "list", element }) as const;

export const SERVICE_FIELDS: readonly ServiceField[] = [
  field("annotations.labels", {
    type: list("label"),
    flag: "-l, --label <label>",
    help: "label KEY=VALUE of the service",
    noun: "label",
    docker: "Labels",
    dockerShowsEmpty: true,
    pretty: ["", "Labels"],
  }),
  field("replicated.replicas", {
    type: { kind: "whole", min: 0, max: SPEC_LIMITS.replicas.max },
    flag: "--replicas <number>",
    help: "tasks of a replicated service",
    noun: "number of replicas",
    default: DEFAULT_REPLICAS,
    docker: "Mode.Replicated.Replicas",
    pretty: ["", " Replicas"],
    replicatedOnly: true,
  }),
  field("task.placement.constraints", {
    type: list("constraint"),
    flag: "--constraint <expression>",
    help: "only on nodes where it holds: node.role==manager",
    noun: "constraint",
    docker: `${TASK}.Placement.Constraints`,
    pretty: ["Placement", "Constraints"],
  }),
  field("task.placement.maxReplicas", {
    type: attempts,
    flag: "--replicas-max-per-node <number>",
    help: "most tasks on one node; 0 for no limit",
    noun: "number of replicas per node",
    default: 0,
    docker: `${TASK}.Placement.MaxReplicas`,
    pretty: ["Placement", "Max Replicas Per Node"],
    replicatedOnly: true,
  }),
  ...rolloutFields("update"),
  ...rolloutFields("rollback"),
  // The container.
  field("task.container.labels", {
    type: list("label"),
    flag: "--container-label <label>",
    help: "label KEY=VALUE of its containers",
    noun: "container label",
    docker: `${CONTAINER}.Labels`,
    pretty: ["ContainerSpec", "Container Labels"],
  }),
  field("task.container.command", {
    type: words,
    flag: "--entrypoint <command>",
    help: "replaces the image's ENTRYPOINT",
    noun: "entrypoint",
    docker: `${CONTAINER}.Command`,
    pretty: ["ContainerSpec", "Command"],
  }),
  field("task.container.args", {
    type: words,
    flag: "--args <arguments>",
    help: "the command's arguments, as a shell would split them",
    noun: "arguments",
    docker: `${CONTAINER}.Args`,
    pretty: ["ContainerSpec", "Args"],
  }),
  field("task.container.hostname", {
    type: {
      kind: "text",
      pattern: CONTAINER_HOSTNAME,
      lengthMax: CONTAINER_HOSTNAME_LENGTH_MAX,
      hint: `only letters, digits, "-" and "." are allowed, at most ${CONTAINER_HOSTNAME_LENGTH_MAX}`,
    },
    flag: "--hostname <name>",
    help: "host name of the container; a template, as env and mounts: '{{.Service.Name}}-{{.Task.Slot}}'",
    noun: "host name",
    docker: `${CONTAINER}.Hostname`,
    pretty: ["ContainerSpec", "Hostname"],
  }),
  field("task.container.env", {
    type: list("env"),
    flag: "-e, --env <variable>",
    help: "environment variable NAME=VALUE, or NAME for its value here",
    noun: "environment variable",
    docker: `${CONTAINER}.Env`,
    pretty: ["ContainerSpec", "Env"],
  }),
  field("task.container.dir", {
    type: { kind: "text", pattern: /^\//, lengthMax: SPEC_LIMITS.path.max, hint: "it must be an absolute path" },
    flag: "-w, --workdir <dir>",
    help: "working directory in the container",
    noun: "working directory",
    docker: `${CONTAINER}.Dir`,
    pretty: ["ContainerSpec", "Dir"],
  }),
  field("task.container.user", {
    type: { kind: "text", pattern: /^\S+$/, lengthMax: SPEC_LIMITS.user.max, hint: "expected USER or USER:GROUP" },
    flag: "-u, --user <user>",
    help: "USER[:GROUP] by name or number",
    noun: "user",
    docker: `${CONTAINER}.User`,
    pretty: ["ContainerSpec", "User"],
  }),
  field("task.container.init", {
    type: { kind: "switch" },
    flag: "--init",
    help: "run a small init as process 1",
    noun: "init",
    default: false,
    docker: `${CONTAINER}.Init`,
    dockerShowsEmpty: true,
    pretty: ["ContainerSpec", "Init"],
  }),
  field("task.container.stopSignal", {
    type: { kind: "text", pattern: SIGNAL, hint: "expected a name such as SIGTERM, or a number" },
    flag: "--stop-signal <signal>",
    help: "signal that asks the container to stop",
    noun: "stop signal",
    docker: `${CONTAINER}.StopSignal`,
    pretty: ["ContainerSpec", "Stop Signal"],
  }),
  field("task.container.stopGracePeriodMs", {
    type: duration,
    flag: "--stop-grace-period <duration>",
    help: "time before it is killed",
    noun: "stop grace period",
    default: STOP_GRACE_MS,
    docker: `${CONTAINER}.StopGracePeriod`,
    pretty: ["ContainerSpec", "Stop Grace Period"],
  }),
  field("task.container.tty", {
    type: { kind: "switch" },
    flag: "-t, --tty",
    help: "allocate a terminal",
    noun: "terminal",
    docker: `${CONTAINER}.TTY`,
    pretty: ["ContainerSpec", "TTY"],
  }),
  field("task.container.readOnly", {
    type: { kind: "switch" },
    flag: "--read-only",
    help: "root file system read-only",
    noun: "read-only root",
    docker: `${CONTAINER}.ReadOnly`,
    pretty: ["ContainerSpec", "Read Only"],
  }),
  field("task.container.ulimits", {
    type: list("ulimit"),
    flag: "--ulimit <limit>",
    help: "limit of each process: NAME=SOFT[:HARD], -1 for none",
    noun: "ulimit",
    docker: `${CONTAINER}.Ulimits`,
  }),
  field("task.container.mounts", {
    type: list("mount"),
    flag: "--mount <mount>",
    help: "type=bind|volume|tmpfs,source=...,target=...[,readonly]",
    noun: "mount",
    docker: `${CONTAINER}.Mounts`,
  }),
  field("task.container.secrets", {
    type: list("secret"),
    flag: "--secret <secret>",
    help: "a secret as a file: NAME, or source=NAME[,target=PATH][,uid=0][,gid=0][,mode=0444]",
    noun: "secret",
    docker: `${CONTAINER}.Secrets`,
  }),
  field("task.container.configs", {
    type: list("config"),
    flag: "--config <config>",
    help: "a config as a file: NAME, or source=NAME[,target=PATH][,uid=0][,gid=0][,mode=0444]",
    noun: "config",
    docker: `${CONTAINER}.Configs`,
  }),
  field("task.container.healthcheck.intervalMs", {
    type: duration,
    flag: "--health-interval <duration>",
    help: "time between two checks",
    noun: "health check interval",
    docker: `${CONTAINER}.Healthcheck.Interval`,
  }),
  field("task.container.healthcheck.timeoutMs", {
    type: duration,
    flag: "--health-timeout <duration>",
    help: "longest time one check may take",
    noun: "health check timeout",
    docker: `${CONTAINER}.Healthcheck.Timeout`,
  }),
  field("task.container.healthcheck.startPeriodMs", {
    type: duration,
    flag: "--health-start-period <duration>",
    help: "time after the start in which failures do not count",
    noun: "health check start period",
    docker: `${CONTAINER}.Healthcheck.StartPeriod`,
  }),
  field("task.container.healthcheck.retries", {
    type: { kind: "whole", min: 0, max: SPEC_LIMITS.retries.max },
    flag: "--health-retries <number>",
    help: "failures in a row that make it unhealthy",
    noun: "health check retries",
    docker: `${CONTAINER}.Healthcheck.Retries`,
  }),
  // Resources.
  field("task.limits.nanoCpus", {
    type: { kind: "cpus", min: NANO_CPUS_MIN },
    flag: "--limit-cpu <cpus>",
    help: "most CPUs a task may use, such as 0.5",
    noun: "CPU limit",
    docker: `${TASK}.Resources.Limits.NanoCPUs`,
    pretty: ["Resources/Limits", "CPU"],
  }),
  field("task.limits.memoryBytes", {
    type: { kind: "bytes", min: MEMORY_BYTES_MIN },
    flag: "--limit-memory <size>",
    help: "most memory a task may use, such as 512m",
    noun: "memory limit",
    docker: `${TASK}.Resources.Limits.MemoryBytes`,
    pretty: ["Resources/Limits", "Memory"],
  }),
  field("task.limits.pids", {
    type: { kind: "whole", min: 0, max: SPEC_LIMITS.pids.max },
    flag: "--limit-pids <number>",
    help: "most processes of a task; 0 for no limit",
    noun: "pids limit",
    docker: `${TASK}.Resources.Limits.Pids`,
    pretty: ["Resources/Limits", "PIDs"],
  }),
  field("task.reservations.nanoCpus", {
    type: { kind: "cpus", min: NANO_CPUS_MIN },
    flag: "--reserve-cpu <cpus>",
    help: "CPUs set aside for a task",
    noun: "CPU reservation",
    docker: `${TASK}.Resources.Reservations.NanoCPUs`,
    pretty: ["Resources/Reservations", "CPU"],
  }),
  field("task.reservations.memoryBytes", {
    type: { kind: "bytes", min: MEMORY_BYTES_MIN },
    flag: "--reserve-memory <size>",
    help: "memory set aside for a task",
    noun: "memory reservation",
    docker: `${TASK}.Resources.Reservations.MemoryBytes`,
    pretty: ["Resources/Reservations", "Memory"],
  }),
  // Restarts.
  field("task.restart.condition", {
    type: { kind: "choice", choices: CONDITIONS },
    flag: "--restart-condition <word>",
    help: "replace tasks that end on any exit, on-failure or never (none)",
    noun: "restart condition",
    default: "ANY",
    docker: `${TASK}.RestartPolicy.Condition`,
  }),
  field("task.restart.delayMs", {
    type: duration,
    flag: "--restart-delay <duration>",
    help: "wait before a replacement; where none is chosen it grows to 1m while tasks end quickly",
    noun: "restart delay",
    default: RESTART_DELAY_MS,
    docker: `${TASK}.RestartPolicy.Delay`,
  }),
  field("task.restart.maxAttempts", {
    type: attempts,
    flag: "--restart-max-attempts <number>",
    help: "most replacements; 0 for no limit",
    noun: "number of restart attempts",
    default: 0,
    docker: `${TASK}.RestartPolicy.MaxAttempts`,
    dockerShowsEmpty: true,
  }),
  field("task.restart.windowMs", {
    type: duration,
    flag: "--restart-window <duration>",
    help: "only replacements in this time count",
    noun: "restart window",
    docker: `${TASK}.RestartPolicy.Window`,
  }),
  // Logs and the way in.
  field("endpoint.mode", {
    type: { kind: "choice", choices: ENDPOINT_MODES },
    flag: "--endpoint-mode <word>",
    help: "vip or dnsrr",
    noun: "endpoint mode",
    default: "VIP",
    docker: "EndpointSpec.Mode",
    pretty: ["", "Endpoint Mode"],
  }),
  field("endpoint.ports", {
    type: list("port"),
    flag: "-p, --publish <port>",
    help: "publish [PUBLISHED:]TARGET[/PROTOCOL] on every node",
    noun: "published target port",
    docker: "EndpointSpec.Ports",
  }),
];
