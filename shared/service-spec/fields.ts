/**
 * The fields of a service's spec, each once: its path, its flag, its default, what is allowed, where Docker has it,
 * where `--pretty` shows it. The command line, the checks, `inspect` and the Docker shapes read this table; a new plain
 * field is a line in objects.proto, a row here, and the code that acts on it. Rows are in the order of Docker's JSON.
 */

import { MEMORY_BYTES_MIN, NANO_CPUS_MIN, SPEC_LIMITS } from "../objects/limits.ts";
import { CONTAINER_FIELDS } from "./container-fields.ts";
import { CONTROL_FIELDS } from "./control-fields.ts";
import { DEFAULT_REPLICAS, RESTART_DELAY_MS } from "./defaults.ts";
import { type FieldType, field, list, type ServiceField } from "./field.ts";
import { HOST_FIELDS } from "./host-fields.ts";
import { LOG_FIELDS } from "./log-fields.ts";
import { rolloutFields } from "./rollout-fields.ts";

const CONDITIONS = { any: "ANY", "on-failure": "ON_FAILURE", none: "NONE" } as const;
const ENDPOINT_MODES = { vip: "VIP", dnsrr: "DNSRR" } as const;

const TASK = "TaskTemplate";

const duration = { kind: "duration" } as const;
const attempts = { kind: "whole", min: 0, max: SPEC_LIMITS.attempts.max } as const satisfies FieldType;

export const SERVICE_FIELDS: readonly ServiceField[] = [
  field("annotations.labels", {
    type: list("label"),
    flag: "-l, --label <label>",
    run: null,
    help: "label KEY=VALUE of the service",
    noun: "label",
    docker: "Labels",
    dockerShowsEmpty: true,
    pretty: ["", "Labels"],
  }),
  field("replicated.replicas", {
    type: { kind: "whole", min: 0, max: SPEC_LIMITS.replicas.max },
    flag: "--replicas <number>",
    run: null,
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
    run: null,
    help: "run only on nodes that meet it: KEY==VALUE, !=, <, >, =~, in (A, B), exists",
    noun: "constraint",
    docker: `${TASK}.Placement.Constraints`,
    pretty: ["Placement", "Constraints"],
  }),
  field("task.placement.spread", {
    type: list("preference"),
    flag: "--placement-pref <preference>",
    run: null,
    help: "spread tasks evenly over a label's values: spread=node.labels.zone",
    noun: "placement preference",
    docker: `${TASK}.Placement.Preferences`,
    pretty: ["Placement", "Preferences"],
  }),
  field("task.placement.maxReplicas", {
    type: attempts,
    flag: "--replicas-max-per-node <number>",
    run: null,
    help: "maximum number of tasks on one node; 0 for no limit",
    noun: "number of replicas per node",
    default: 0,
    docker: `${TASK}.Placement.MaxReplicas`,
    pretty: ["Placement", "Max Replicas Per Node"],
    replicatedOnly: true,
  }),
  ...rolloutFields("update"),
  ...rolloutFields("rollback"),
  ...CONTAINER_FIELDS,
  ...HOST_FIELDS,
  // Resources.
  field("task.limits.nanoCpus", {
    type: { kind: "cpus", min: NANO_CPUS_MIN },
    flag: "--limit-cpu <cpus>",
    run: "--cpus <cpus>",
    help: "maximum CPUs a task may use, such as 0.5",
    noun: "CPU limit",
    docker: `${TASK}.Resources.Limits.NanoCPUs`,
    dockerRun: "HostConfig.NanoCpus",
    pretty: ["Resources/Limits", "CPU"],
  }),
  field("task.limits.memoryBytes", {
    type: { kind: "bytes", min: MEMORY_BYTES_MIN },
    flag: "--limit-memory <size>",
    run: "-m, --memory <size>",
    help: "maximum memory a task may use, such as 512m",
    noun: "memory limit",
    docker: `${TASK}.Resources.Limits.MemoryBytes`,
    dockerRun: "HostConfig.Memory",
    pretty: ["Resources/Limits", "Memory"],
  }),
  field("task.limits.pids", {
    type: { kind: "whole", min: 0, max: SPEC_LIMITS.pids.max },
    flag: "--limit-pids <number>",
    run: "--pids-limit <number>",
    help: "maximum number of processes of a task; 0 for no limit",
    noun: "pids limit",
    docker: `${TASK}.Resources.Limits.Pids`,
    dockerRun: "HostConfig.PidsLimit",
    pretty: ["Resources/Limits", "PIDs"],
  }),
  field("task.reservations.nanoCpus", {
    type: { kind: "cpus", min: NANO_CPUS_MIN },
    flag: "--reserve-cpu <cpus>",
    run: null,
    help: "CPUs set aside for a task",
    noun: "CPU reservation",
    docker: `${TASK}.Resources.Reservations.NanoCPUs`,
    pretty: ["Resources/Reservations", "CPU"],
  }),
  field("task.reservations.memoryBytes", {
    type: { kind: "bytes", min: MEMORY_BYTES_MIN },
    flag: "--reserve-memory <size>",
    run: "--memory-reservation <size>",
    help: "memory set aside for a task",
    noun: "memory reservation",
    docker: `${TASK}.Resources.Reservations.MemoryBytes`,
    dockerRun: "HostConfig.MemoryReservation",
    pretty: ["Resources/Reservations", "Memory"],
  }),
  field("task.reservations.generic", {
    type: list("genericResource"),
    flag: "--generic-resource <resource>",
    run: null,
    help: "generic resource that nodes declare: KIND=COUNT, such as gpu=2",
    noun: "generic resource",
    docker: `${TASK}.Resources.Reservations.GenericResources`,
    pretty: ["Resources/Reservations", "Generic"],
  }),
  field("task.swapBytes", {
    type: { kind: "bytes", min: 0, unlimited: true, clearable: true },
    flag: "--memory-swap <size>",
    run: null,
    help: "swap on top of the memory limit, -1 for unlimited; unless given, as much as the limit",
    noun: "swap limit",
    docker: `${TASK}.Resources.SwapBytes`,
    dockerShowsEmpty: true,
    pretty: ["Resources", "Swap"],
  }),
  field("task.memorySwappiness", {
    type: { kind: "whole", min: -1, max: 100, clearable: true },
    flag: "--memory-swappiness <number>",
    help: "how readily its memory is swapped out, 0 to 100; -1 for the host's setting",
    noun: "swappiness",
    docker: `${TASK}.Resources.MemorySwappiness`,
    dockerRun: "HostConfig.MemorySwappiness",
    dockerShowsEmpty: true,
    pretty: ["Resources", "Swappiness"],
  }),
  ...CONTROL_FIELDS,
  // Restarts.
  field("task.restart.condition", {
    type: { kind: "choice", choices: CONDITIONS },
    flag: "--restart-condition <word>",
    run: null,
    help: "replace tasks that end on any exit, on-failure or never (none)",
    noun: "restart condition",
    default: "ANY",
    docker: `${TASK}.RestartPolicy.Condition`,
  }),
  field("task.restart.delayMs", {
    type: { kind: "duration", clearable: true },
    flag: "--restart-delay <duration>",
    run: null,
    help: "wait before a replacement; unless set, it grows to 1m while tasks end quickly",
    noun: "restart delay",
    default: RESTART_DELAY_MS,
    docker: `${TASK}.RestartPolicy.Delay`,
  }),
  field("task.restart.maxAttempts", {
    type: attempts,
    flag: "--restart-max-attempts <number>",
    run: null,
    help: "maximum number of replacements; 0 for no limit",
    noun: "number of restart attempts",
    default: 0,
    docker: `${TASK}.RestartPolicy.MaxAttempts`,
    dockerShowsEmpty: true,
  }),
  field("task.restart.windowMs", {
    type: duration,
    flag: "--restart-window <duration>",
    run: null,
    help: "count only replacements within this time",
    noun: "restart window",
    docker: `${TASK}.RestartPolicy.Window`,
  }),
  ...LOG_FIELDS,
  field("task.networks", {
    type: list("network"),
    flag: "--network <network>",
    help: "network that its tasks join: NAME, or name=NAME[,alias=WORD][,driver-opt=KEY=VALUE]",
    noun: "network",
    docker: `${TASK}.Networks`,
  }),
  field("endpoint.mode", {
    type: { kind: "choice", choices: ENDPOINT_MODES },
    flag: "--endpoint-mode <word>",
    run: null,
    help: "vip or dnsrr",
    noun: "endpoint mode",
    default: "VIP",
    docker: "EndpointSpec.Mode",
    pretty: ["", "Endpoint Mode"],
  }),
  field("endpoint.stickyMs", {
    type: { kind: "duration" },
    flag: "--sticky <duration>",
    help: "a client keeps its task for so long after its last new connection, such as 30s; 0s for not at all",
    noun: "sticky time",
    default: 0,
    docker: "EndpointSpec.Sticky",
    pretty: ["", "Sticky"],
  }),
  field("endpoint.ports", {
    type: list("port"),
    flag: "-p, --publish <port>",
    help: "publish [[HOST_IP:]PUBLISHED:]TARGET[/PROTOCOL] on every node",
    noun: "published target port",
    docker: "EndpointSpec.Ports",
  }),
];
