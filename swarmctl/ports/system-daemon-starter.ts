import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { SwarmError } from "../../shared/errors.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { DaemonStarter } from "../cli.ts";

/** Time to open the database and adopt containers; then it answers. */
const START_TIMEOUT_MS = 20_000;
const LOOK_AGAIN_MS = 50;
const UNIT = "swarmd.service";
const UNIT_DIRS = [
  "/etc/systemd/system",
  "/usr/local/lib/systemd/system",
  "/usr/lib/systemd/system",
  "/lib/systemd/system",
];
const LOG_FILE = "/var/log/swarmd.log";

export interface StarterOptions {
  readonly clock: Clock;
  readonly socketPath: string;
  readonly defaultSocketPath: string;
  /** Folder of this program's file: swarmd is beside it, bundled or as source. */
  readonly programDir: string;
}

/**
 * Starts swarmd as a systemd unit where systemd runs and has one, otherwise detached from this terminal with a log
 * file.
 */
export function systemDaemonStarter(options: StarterOptions): DaemonStarter {
  return {
    async start() {
      const isDefault = options.socketPath === options.defaultSocketPath;
      const unit = isDefault && hasUnit();
      const hasFailed = unit ? startUnit() : startDetached(options, isDefault);
      const untilMs = options.clock.now() + START_TIMEOUT_MS;
      while (!(await answers(options.socketPath))) {
        if (hasFailed() || options.clock.now() > untilMs) throw didNotStart(unit);
        await sleep(options.clock, LOOK_AGAIN_MS, "daemon start");
      }
      return unit
        ? "swarmd was not running: started it as the systemd unit swarmd."
        : `swarmd was not running: started it in the background (log: ${LOG_FILE}).`;
    },
  };
}

function hasUnit(): boolean {
  return existsSync("/run/systemd/system") && UNIT_DIRS.some((dir) => existsSync(join(dir, UNIT)));
}

/** Both return a function that says whether waiting for an answer has become pointless. */
function startUnit(): () => boolean {
  const { status, stderr } = spawnSync("systemctl", ["start", UNIT], { encoding: "utf8" });
  if (status !== 0) throw new SwarmError("failedPrecondition", `cannot start swarmd: ${stderr.trim()}`);
  return () => false;
}

function startDetached({ socketPath, programDir }: StarterOptions, isDefault: boolean): () => boolean {
  const [command, ...args] = daemonCommand(programDir);
  mkdirSync(dirname(LOG_FILE), { recursive: true });
  const log = openSync(LOG_FILE, "a", 0o640);
  const child = spawn(command, [...args, ...(isDefault ? [] : ["--socket", socketPath])], {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: "/",
  });
  let over = false;
  child.once("exit", () => {
    over = true;
  });
  child.once("error", () => {
    over = true;
  });
  child.unref();
  return () => over;
}

function daemonCommand(programDir: string): readonly [string, ...string[]] {
  const bundled = join(programDir, "bin/swarmd");
  if (existsSync(bundled)) return [bundled];
  const source = join(programDir, "../swarmd/main.ts");
  if (existsSync(source)) return [process.execPath, source];
  const found = (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((dir) => join(dir, "swarmd"))
    .find((path) => isExecutable(path));
  if (found === undefined) {
    throw new SwarmError("failedPrecondition", "swarmd is not running, and there is no swarmd on the PATH to start");
  }
  return [found];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socketPath);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}

function didNotStart(unit: boolean): SwarmError {
  if (unit) return new SwarmError("unavailable", "swarmd did not start: see `journalctl -u swarmd`");
  const last = lastLine(LOG_FILE);
  return new SwarmError("unavailable", `swarmd did not start${last === "" ? "" : `: ${last}`} (log: ${LOG_FILE})`);
}

/** The last line the daemon wrote; its log lines are JSON, its final message is plain text. */
function lastLine(path: string): string {
  try {
    const line = readFileSync(path, "utf8").trimEnd().split("\n").at(-1) ?? "";
    if (!line.startsWith("{")) return line;
    const fields = JSON.parse(line) as { readonly msg?: string; readonly error?: string };
    return [fields.msg, fields.error].filter((text) => text !== undefined).join(": ");
  } catch {
    return "";
  }
}
