/**
 * Limits on everything that others choose: people in specs, hosts in what they say about themselves and their tasks,
 * images in their configuration. All of it is copied into the Raft log, into each manager's memory and into each task,
 * so without limits one party's mistake would hurt everybody. The checks read this table, and docs/operations.md
 * repeats it row by row (a test compares them).
 */

export interface Limit {
  readonly max: number;
  /** What is counted. */
  readonly unit: "characters" | "bytes" | "in number" | "ms";
  /** Of what, for the table in the documentation. */
  readonly of: string;
  readonly why: string;
}

const limit = (max: number, unit: Limit["unit"], of: string, why: string): Limit => ({ max, unit, of, why });

const KERNEL_WORD = "the kernel passes nothing longer to a program";
const TEN_YEARS_MS = 87_600 * 3_600_000;

/** A thousandth of a CPU: the kernel's scheduler cannot allot less. */
export const NANO_CPUS_MIN = 1_000_000;
/** What a container needs to start at all; Docker's bound. */
export const MEMORY_BYTES_MIN = 4 * 1024 * 1024;

/** In specs, as people write them; refused beyond. */
export const SPEC_LIMITS = {
  name: limit(63, "characters", "a service's name", "it is one label of a DNS name"),
  labels: limit(1_000, "in number", "labels of one object or of containers", "ten times what stacks with proxies use"),
  labelKey: limit(255, "bytes", "a label's key", "more is data, not a key"),
  labelValue: limit(32_768, "bytes", "a label's value", "more is a file, not a label"),
  env: limit(2_000, "in number", "environment variables", "ten times what large images use"),
  words: limit(2_000, "in number", "words of a command, its arguments, a health check", "more belongs in a file"),
  word: limit(131_071, "bytes", "one word, one environment variable", KERNEL_WORD),
  path: limit(4_095, "bytes", "a path", "the kernel accepts nothing longer"),
  user: limit(255, "characters", "user and group", "no passwd file has longer names"),
  listed: limit(
    100,
    "in number",
    "groups, hosts, name servers, kernel settings of a container",
    "each more than enough",
  ),
  steps: limit(16, "in number", "init, post-start or pre-stop steps of a container", "more belongs in a script"),
  mountOptions: limit(16, "in number", "tmpfs options", "there are two"),
  mounts: limit(200, "in number", "mounts", "more than one container ever needs"),
  ports: limit(1_000, "in number", "published ports", "each is a kernel rule on every host"),
  constraints: limit(100, "in number", "placement constraints", "each is checked against every node"),
  constraint: limit(512, "bytes", "one placement constraint", "key, operator and value of a label"),
  affinities: limit(100, "in number", "affinities", "each is looked at for every node"),
  cron: limit(1_000, "bytes", "a schedule", "a list of all minutes has 200"),
  autoscale: limit(200, "bytes", "rules for the number of tasks (`--autoscale`)", "six short words"),
  dependencies: limit(100, "in number", "dependencies", "each is looked at whenever what it names changes"),
  preferences: limit(16, "in number", "placement preferences", "each divides nodes once more"),
  genericResources: limit(64, "in number", "kinds of generic resources", "they are given by hand"),
  networks: limit(50, "in number", "networks of a service", "each is an interface in every task"),
  aliases: limit(16, "in number", "aliases of a service on one network", "each is a name on every host"),
  subnets: limit(16, "in number", "subnets of a network", "each is a route in every task"),
  auxiliaryAddresses: limit(64, "in number", "auxiliary addresses of a subnet", "they are given by hand"),
  driverOptions: limit(64, "in number", "driver options of a network", "they are given by hand"),
  spec: limit(204_800, "bytes", "a whole service spec, as JSON", "every task carries a copy of it"),
  duration: limit(TEN_YEARS_MS, "ms", "any duration", "exact in nanoseconds, as Docker's JSON has it"),
  sticky: limit(
    604_800_000,
    "ms",
    "the time a client keeps its task (`--sticky`)",
    "hosts remember each client so long",
  ),
  replicas: limit(100_000, "in number", "replicas", "what thousands of hosts run"),
  attempts: limit(1_000_000_000, "in number", "restart attempts, update parallelism", "as good as no limit"),
  retries: limit(10_000, "in number", "retries of a health check", "as good as never unhealthy"),
  logEntries: limit(
    1_000_000,
    "in number",
    "log entries between snapshots, and kept behind one",
    "all are in each manager's memory and replayed when it starts",
  ),
  logFileBytes: limit(1_000_000_000_000, "bytes", "one file of a container's log", "few of them fit on a host's disk"),
  logFiles: limit(100, "in number", "files of a container's log", "a reader has all of them open"),
  pids: limit(4_194_304, "in number", "processes of a task", "the kernel's own maximum"),
} as const satisfies Record<string, Limit>;

/** What secrets and configs may hold: Docker's limits, which there allow one byte less. */
export const CONTENT_LIMITS = {
  secret: limit(512_000, "bytes", "a secret", "Docker's limit; what is larger is a file, not a secret"),
  config: limit(1_024_000, "bytes", "a config", "Docker's limit, and what one entry of the Raft log can carry"),
} as const satisfies Record<string, Limit>;

/** What a login to a registry may hold. */
export const LOGIN_LIMITS = {
  logins: limit(1_000, "in number", "logins", "few swarms take images from more registries"),
  loginName: limit(255, "characters", "the registry of a login, with a path", "images' names are no longer"),
  loginUser: limit(255, "bytes", "a user of a registry", "it is a word"),
  loginSecret: limit(65_536, "bytes", "a password or token for a registry", "it goes into the header of a request"),
} as const satisfies Record<string, Limit>;

/** In what a host says about itself and its tasks. A description over a limit is refused; texts of a status are cut. */
export const HOST_LIMITS = {
  hostname: limit(255, "characters", "a host's name", "DNS allows no longer names"),
  word: limit(64, "characters", "operating system, architecture, swarmd's version", "they are words"),
  engineLabels: limit(64, "in number", "labels of a daemon's command line", "they are given by hand"),
  engineLabel: limit(255, "bytes", "key or value of such a label", "they are words"),
  genericResources: limit(64, "in number", "kinds of generic resources of a host", "they are given by hand"),
  genericNames: limit(256, "in number", "generic resources with a name, of one kind", "no host has more devices"),
  genericName: limit(128, "bytes", "the name of a generic resource", "it names one device"),
  listeners: limit(256, "in number", "ports that programs of a host listen on", "few hosts have more services"),
  narrowWays: limit(32, "in number", "hosts from which only small packets come", "each tries as many"),
  slotVolumes: limit(1_000, "in number", "volumes of slots on a host", "more than a host runs tasks"),
  volumeName: limit(512, "bytes", "the name of a volume of a slot", "a name and a number"),
  cpus: limit(65_536, "in number", "CPUs of a host", "Linux supports no more"),
  statusText: limit(2_048, "bytes", "a task's message, and its error", "a sentence or two with what a program said"),
  statusUpdates: limit(1_000, "in number", "statuses in one report", "the next report follows at once"),
  reportBytes: limit(1_048_576, "bytes", "one report of statuses", "one entry of the Raft log"),
  usages: limit(1_000, "in number", "tasks in one report of what they use", "more than a host runs"),
  guests: limit(
    1_000,
    "in number",
    "places of own containers of a host on networks of the swarm",
    "more than a host runs",
  ),
  guestNames: limit(32, "in number", "names of an own container on a network", "its own, and its aliases"),
  guestName: limit(255, "bytes", "such a name", "DNS allows no longer names"),
  gone: limit(10_000, "in number", "hosts in one report of gossip", "as large as a swarm may be"),
  logLine: limit(524_288, "bytes", "one line of a log on its way to a reader", "longer ones travel in parts"),
  logError: limit(2_048, "bytes", "a sentence about a log that could not be read", "a sentence"),
} as const satisfies Record<string, Limit>;

/** In an image's configuration; an image over a limit does not run. */
export const IMAGE_LIMITS = {
  config: limit(1_048_576, "bytes", "the configuration in all", "registries and builders stay far below"),
  env: limit(2_000, "in number", "environment variables", "as in a spec"),
  words: limit(2_000, "in number", "words of ENTRYPOINT, CMD, HEALTHCHECK, SHELL", "as in a spec"),
  labels: limit(1_000, "in number", "labels", "as in a spec"),
  volumes: limit(100, "in number", "VOLUME directories", "each is made, and filled, for every task"),
  ports: limit(1_000, "in number", "exposed ports", "as in a spec"),
} as const satisfies Record<string, Limit>;
