import { CONTAINER_HOSTNAME, CONTAINER_HOSTNAME_LENGTH_MAX } from "../objects/hostname.ts";
import { field, list, type ServiceField } from "./field.ts";

const CONTAINER = "TaskTemplate.ContainerSpec";
const SECTION = "ContainerSpec";
/** Of runtimes, as `swarmd --runtime` names them. */
const NAME = /^[a-z0-9][a-z0-9_.-]*$/i;
const NAME_LENGTH_MAX = 63;
/** Relative to the root of the control groups, with or without a slash; no part begins with a dot. */
const GROUP_PATH = /^\/?[\w@:=-][\w@:=.-]*(?:\/[\w@:=-][\w@:=.-]*)*$/;
const GROUP_LENGTH_MAX = 1_024;

/** A mode: its words, and for `swarmctl run` the namespace of another container. */
const mode = (words: readonly string[], joins = false) =>
  ({
    kind: "text",
    pattern: new RegExp(`^(?:${words.join("|")}${joins ? "|container:[\\w.-]+" : ""})$`),
    lengthMax: 255,
    hint: `expected ${words.join(" or ")}${joins ? ", or container:NAME" : ""}`,
  }) as const;

/**
 * How close a container comes to its host: devices, namespaces, filters. Part of the table in fields.ts; what each
 * means for the host is in docs/security.md.
 */
export const HOST_FIELDS: readonly ServiceField[] = [
  field("task.container.pullPolicy", {
    type: {
      kind: "text",
      pattern: /^(?:always|missing|never)$/,
      lengthMax: 7,
      hint: "expected always, missing or never",
    },
    flag: "--pull <when>",
    help: "whether hosts look for the image in its registry: always, missing (if they lack it), never",
    noun: "pull policy",
    docker: `${CONTAINER}.PullPolicy`,
    pretty: [SECTION, "Pull"],
  }),
  field("task.container.privileged", {
    type: { kind: "switch" },
    flag: "--privileged",
    help: "all that root of the host may do: every capability and device, no filter, nothing hidden",
    noun: "privileged mode",
    docker: `${CONTAINER}.Privileged`,
    dockerRun: "HostConfig.Privileged",
    pretty: [SECTION, "Privileged"],
  }),
  field("task.container.devices", {
    type: list("device"),
    flag: "--device <device>",
    help: "device of the host: PATH[:PATH IN THE CONTAINER][:rwm], or its name in a CDI description, vendor/class=name",
    noun: "device",
    docker: `${CONTAINER}.Devices`,
    dockerRun: "HostConfig.Devices",
    pretty: [SECTION, "Devices"],
  }),
  field("task.container.deviceRules", {
    type: list("text"),
    flag: "--device-cgroup-rule <rule>",
    help: "what it may do with devices by number: 'c 188:* rwm'",
    noun: "device rule",
    docker: `${CONTAINER}.DeviceCgroupRules`,
    dockerRun: "HostConfig.DeviceCgroupRules",
    pretty: [SECTION, "Device Rules"],
  }),
  field("task.container.gpus", {
    type: list("gpu"),
    flag: "--gpus <request>",
    help: "GPUs of the host: all, a number, or device=ID; its CDI descriptions say what they are",
    noun: "request for GPUs",
    docker: `${CONTAINER}.DeviceRequests`,
    dockerRun: "HostConfig.DeviceRequests",
    pretty: [SECTION, "GPUs"],
  }),
  field("task.container.pidMode", {
    type: mode(["private", "host"], true),
    flag: "--pid <mode>",
    help: "whose processes it sees: its own (private), or all of the host",
    noun: "PID mode",
    docker: `${CONTAINER}.PidMode`,
    dockerRun: "HostConfig.PidMode",
    pretty: [SECTION, "PID Mode"],
  }),
  field("task.container.ipcMode", {
    type: mode(["private", "shareable", "none", "host"], true),
    flag: "--ipc <mode>",
    help: "whose shared memory it sees: private, shareable, none (private, without /dev/shm) or host",
    noun: "IPC mode",
    docker: `${CONTAINER}.IpcMode`,
    dockerRun: "HostConfig.IpcMode",
    pretty: [SECTION, "IPC Mode"],
  }),
  field("task.container.utsMode", {
    type: mode(["private", "host"]),
    flag: "--uts <mode>",
    help: "whose host name it has: its own (private), or the host's",
    noun: "UTS mode",
    docker: `${CONTAINER}.UTSMode`,
    dockerRun: "HostConfig.UTSMode",
    pretty: [SECTION, "UTS Mode"],
  }),
  field("task.container.cgroupMode", {
    type: mode(["private", "host"]),
    flag: "--cgroupns <mode>",
    help: "which control groups it sees: private or host; unless given, host where cgroups are of version 1",
    noun: "cgroup mode",
    docker: `${CONTAINER}.CgroupnsMode`,
    dockerRun: "HostConfig.CgroupnsMode",
    pretty: [SECTION, "Cgroup Mode"],
  }),
  field("task.container.userMode", {
    type: mode(["host"]),
    flag: "--userns <mode>",
    help: "whose user ids it has: host; there is nothing else",
    noun: "user namespace mode",
    docker: `${CONTAINER}.UsernsMode`,
    dockerRun: "HostConfig.UsernsMode",
    pretty: [SECTION, "User Mode"],
  }),
  field("task.container.domainname", {
    type: {
      kind: "text",
      pattern: CONTAINER_HOSTNAME,
      lengthMax: CONTAINER_HOSTNAME_LENGTH_MAX,
      hint: `only letters, digits, "-", "_" and "." are allowed, at most ${CONTAINER_HOSTNAME_LENGTH_MAX}`,
    },
    flag: "--domainname <name>",
    help: "NIS domain name of the container",
    noun: "domain name",
    docker: `${CONTAINER}.Domainname`,
    dockerRun: "Domainname",
    pretty: [SECTION, "Domain Name"],
  }),
  field("task.container.shmSizeBytes", {
    type: { kind: "bytes", min: 1 },
    flag: "--shm-size <size>",
    help: "size of /dev/shm, such as 256m; unless given, 64m",
    noun: "size of /dev/shm",
    docker: `${CONTAINER}.ShmSize`,
    dockerRun: "HostConfig.ShmSize",
    pretty: [SECTION, "Shm Size"],
  }),
  field("task.container.runtime", {
    type: {
      kind: "text",
      pattern: NAME,
      lengthMax: NAME_LENGTH_MAX,
      hint: "expected the name of an OCI runtime, such as runc: hosts know its program",
    },
    flag: "--runtime <name>",
    help: "OCI runtime: crun, runc, or one that hosts were given by swarmd --add-runtime",
    noun: "OCI runtime",
    docker: `${CONTAINER}.Runtime`,
    dockerRun: "HostConfig.Runtime",
    pretty: [SECTION, "Runtime"],
  }),
  field("task.container.cgroupParent", {
    type: {
      kind: "text",
      pattern: GROUP_PATH,
      lengthMax: GROUP_LENGTH_MAX,
      hint: "expected a path below the root of the control groups",
    },
    flag: "--cgroup-parent <path>",
    help: "control group within which that of the container is made",
    noun: "parent of its control group",
    docker: `${CONTAINER}.CgroupParent`,
    dockerRun: "HostConfig.CgroupParent",
    pretty: [SECTION, "Cgroup Parent"],
  }),
  field("task.container.storageOptions", {
    type: list("option"),
    flag: "--storage-opt <option>",
    help: "size=SIZE, what its changed files may take, where the host's file system has project quotas",
    noun: "storage option",
    docker: `${CONTAINER}.StorageOpt`,
    dockerRun: "HostConfig.StorageOpt",
    pretty: [SECTION, "Storage Options"],
  }),
  field("task.container.annotations", {
    type: list("option"),
    flag: "--annotation <annotation>",
    help: "annotation KEY=VALUE for the OCI runtime and its hooks",
    noun: "annotation",
    docker: `${CONTAINER}.Annotations`,
    dockerRun: "HostConfig.Annotations",
    pretty: [SECTION, "Annotations"],
  }),
];
