import { hostname } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { messageOf } from "../shared/errors.ts";
import { parseHostResources } from "../shared/generic-resources.ts";
import { InvariantError } from "../shared/invariant.ts";
import { raiseOwnPriority } from "../shared/ports/own-priority.ts";
import { pinoLogger } from "../shared/ports/pino-log.ts";
import { visible } from "../shared/visible-text.ts";
import { type CollectionRules, DEFAULT_RULES } from "../worker/images/removal.ts";
import { Daemon } from "./daemon.ts";
import {
  type DaemonOptions,
  DEFAULT_DATA_DIR,
  DEFAULT_DATA_PATH_PORT,
  DEFAULT_MANAGER_PORT,
  DEFAULT_RUN_DIR,
  isDataPathPort,
  parseDirectory,
} from "./daemon-options.ts";
import { type DockerFlags, dockerApiPlaces, withDockerOptions } from "./docker-options.ts";
import { exitCodes, FatalError } from "./exit-codes.ts";
import { DAEMON_UMASK } from "./ports/private-directories.ts";
import { STOP_MS_MAX } from "./stop-within.ts";

const NODE_RESOURCE_FLAG = "--node-generic-resource";
const NODE_RESOURCE_HELP = "generic resource of this host: KIND=COUNT, or KIND=NAME for a named one; repeatable";

const UNLOCK_KEY_FILE_HELP =
  "where managers are locked: file with the unlock key, read when the daemon starts (default: `swarmctl unlock`)";

const IMAGE_GC_HELP =
  "when more than this part of the images' disk is used, remove images from registries that nothing needs; 100 = never";

/** esbuild inserts the release's version here; in a checkout it is unknown. */
const VERSION = process.env["SWARM_VERSION"] ?? "0.0.0-dev";
const MS_PER_DAY = 86_400_000;
/** Ten years. */
const DAYS_MAX = 3_650;
const LOG_LEVELS = ["debug", "info", "warn", "error"];

const options = parseOptions(process.argv);
const log = pinoLogger(options.logLevel);

// Before the first thread that does work for others: a daemon that waits for a processor behind the containers that it
// starts misses heartbeats, and keeps people waiting.
try {
  raiseOwnPriority();
} catch (error) {
  log.info("this daemon has no higher priority than what it starts", { error: messageOf(error) });
}

// Set before the first file: otherwise everybody could connect between the bind of a socket and its chmod.
process.umask(DAEMON_UMASK);

process.on("uncaughtException", (error) => endBy(error));
process.on("unhandledRejection", (reason) => endBy(reason));

try {
  if (process.getuid?.() !== 0) {
    throw new FatalError("environment", "swarmd must run as root: it makes namespaces, mounts and network devices");
  }
  const daemon = await Daemon.start(options, { log, version: VERSION, onFatal: endBy });
  const end = (signal: string): void => {
    log.info("stopping; containers keep running", { signal });
    daemon.stop().then((inTime) => {
      if (!inTime) log.error(`the daemon did not stop completely within ${STOP_MS_MAX} ms: exiting anyway`);
      process.exit(inTime ? exitCodes.ok : exitCodes.stopLate);
    }, endBy);
  };
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
} catch (error) {
  endBy(error);
}

/** The only unrequested exit: a sentence, the reason's own exit code, and no attempt to go on. */
function endBy(error: unknown): never {
  if (error instanceof FatalError) {
    process.stderr.write(visible(`swarmd: ${error.message}\n`, "\n"));
    process.exit(error.exitCode);
  }
  const stack = error instanceof Error ? error.stack : undefined;
  const what = error instanceof InvariantError ? "internal error: an invariant does not hold" : "unexpected failure";
  log.error(`${what}: ending`, { error: messageOf(error), stack });
  process.exit(exitCodes.bug);
}

function parseOptions(argv: readonly string[]): DaemonOptions {
  const command = withDockerOptions(withImageOptions(new Command("swarmd")))
    .description("The daemon of a swarm: manages the cluster where it is a manager, runs tasks everywhere.")
    .version(VERSION, "-v, --version", "print the version")
    .option("--data-dir <dir>", "certificates, Raft log, images, volumes, logs", toDirectory, DEFAULT_DATA_DIR)
    .option("--run-dir <dir>", "socket and container state", toDirectory, DEFAULT_RUN_DIR)
    .option("--socket <path>", "local API (default: RUN_DIR/swarmd.sock)")
    .option("--listen-addr <ip:port>", "address that managers listen on", `0.0.0.0:${DEFAULT_MANAGER_PORT}`)
    .option("--advertise-addr <addr>", "IP[:PORT] or INTERFACE[:PORT] other nodes use (default: the only address)")
    .option("--data-path-addr <addr>", "IP or interface for overlay traffic (default: the advertise address)")
    .option("--data-path-port <port>", "VXLAN port of a new swarm", toPort, DEFAULT_DATA_PATH_PORT)
    .option("--registries-conf <file>", "registries and mirrors (default: the system's)")
    .option("--oci-runtime <program>", "OCI runtime", "crun")
    .option(
      "--add-runtime <name=program>",
      "further OCI runtime, for services with --runtime NAME; repeatable",
      addRuntime,
    )
    .option("--init-path <file>", "static init program for containers (default: tini-static or catatonit)")
    .option(
      "--no-new-privileges",
      "containers gain no privileges through setuid programs unless their service allows it",
    )
    .option("--unlock-key-file <file>", UNLOCK_KEY_FILE_HELP)
    .option("--hostname <name>", "name of this node", hostname())
    .option("--log-level <level>", LOG_LEVELS.join(", "), toLogLevel, "info")
    .option("--engine-label <key=value>", "label for constraints (engine.labels.KEY); repeatable", addLabel)
    .option("--node-generic-resource <kind=value>", NODE_RESOURCE_HELP, addText)
    .addHelpText("after", "\nExample:\n  swarmd --advertise-addr 192.168.0.100 --log-level debug\n")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage))
    .parse(argv);
  const flags = command.opts<
    Record<string, string> & {
      engineLabel?: Record<string, string>;
      nodeGenericResource?: readonly string[];
      addRuntime?: ReadonlyMap<string, string>;
      dataPathPort: number;
      newPrivileges: boolean;
      imageGcHigh: number;
      imageGcLow: number;
      imageGcUnused: number;
    }
  >();
  const runDir = flags["runDir"] ?? DEFAULT_RUN_DIR;
  return {
    dataDir: flags["dataDir"] ?? DEFAULT_DATA_DIR,
    runDir,
    socketPath: flags["socket"] ?? `${runDir}/swarmd.sock`,
    dockerApi: toDockerApi(command, runDir),
    listenAddress: flags["listenAddr"] ?? "",
    advertiseAddress: flags["advertiseAddr"] ?? "",
    dataPathAddress: flags["dataPathAddr"] ?? "",
    dataPathPort: flags.dataPathPort,
    registriesConf: flags["registriesConf"] ?? "",
    ociRuntime: flags["ociRuntime"] ?? "crun",
    ociRuntimes: flags.addRuntime ?? new Map(),
    initPath: flags["initPath"] ?? "",
    // Commander takes the name to be the negation of --new-privileges.
    noNewPrivileges: flags.newPrivileges === false,
    imageCollection: toCollectionRules(flags.imageGcHigh, flags.imageGcLow, flags.imageGcUnused),
    unlockKeyFile: flags["unlockKeyFile"] ?? "",
    hostname: flags["hostname"] ?? hostname(),
    logLevel: flags["logLevel"] ?? "info",
    engineLabels: flags.engineLabel ?? {},
    genericResources: toResources(command, flags.nodeGenericResource ?? []),
  };
}

function toDirectory(text: string): string {
  try {
    return parseDirectory(text);
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
}

function withImageOptions(command: Command): Command {
  return command
    .option("--image-gc-high <percent>", IMAGE_GC_HELP, toPercent, 100 * DEFAULT_RULES.highWatermark)
    .option(
      "--image-gc-low <percent>",
      "until no more than this part is used, the longest unused first",
      toPercent,
      100 * DEFAULT_RULES.lowWatermark,
    )
    .option("--image-gc-unused <days>", "remove them after so many days without use, too; 0 = never", toDays, 0);
}

function toPercent(text: string): number {
  const percent = Number(text);
  if (text.trim() === "" || !(percent >= 0 && percent <= 100)) throw new InvalidArgumentError("must be 0 to 100.");
  return percent;
}

function toDays(text: string): number {
  const days = Number(text);
  if (text.trim() === "" || !(days >= 0 && days <= DAYS_MAX)) throw new InvalidArgumentError("must be 0 to 3650.");
  return days;
}

function toCollectionRules(high: number, low: number, unusedDays: number): CollectionRules {
  return {
    ...DEFAULT_RULES,
    highWatermark: high / 100,
    lowWatermark: Math.min(low, high) / 100,
    unusedMsMax: unusedDays * MS_PER_DAY,
  };
}

function toPort(text: string): number {
  const port = Number(text);
  if (!isDataPathPort(port)) throw new InvalidArgumentError("must be 1024 to 49151.");
  return port;
}

function toLogLevel(text: string): string {
  if (!LOG_LEVELS.includes(text)) throw new InvalidArgumentError(`must be one of ${LOG_LEVELS.join(", ")}.`);
  return text;
}

function addRuntime(text: string, before: ReadonlyMap<string, string> = new Map()): ReadonlyMap<string, string> {
  const [, name, program] = /^([a-z0-9][a-z0-9_.-]*)=(\S+)$/i.exec(text) ?? [];
  if (name === undefined || program === undefined) throw new InvalidArgumentError("must be NAME=PROGRAM.");
  return new Map([...before, [name, program]]);
}

function addText(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function toResources(command: Command, texts: readonly string[]): DaemonOptions["genericResources"] {
  try {
    return parseHostResources(texts, NODE_RESOURCE_FLAG);
  } catch (error) {
    return command.error(`error: ${messageOf(error)}`);
  }
}

function toDockerApi(command: Command, runDir: string): DaemonOptions["dockerApi"] {
  try {
    return dockerApiPlaces(command.opts<DockerFlags>(), runDir);
  } catch (error) {
    return command.error(`error: ${messageOf(error)}`);
  }
}

/** Without a default from commander, which the help would show. */
function addLabel(text: string, labels: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("must be KEY=VALUE.");
  return { ...labels, [text.slice(0, at)]: text.slice(at + 1) };
}
