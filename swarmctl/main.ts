import { resolve } from "node:path";
import { messageOf, SwarmError } from "../shared/errors.ts";
import { systemClock } from "../shared/ports/system-clock.ts";
import { Api, explain } from "./api.ts";
import type { Cli } from "./cli.ts";
import { ExitStatus } from "./exit-status.ts";
import { newFile, readBytes, readLine, readTextFile } from "./ports/files.ts";
import { flushed, interruptSignal, terminalSink } from "./ports/terminal.ts";
import { createPrinter } from "./printer.ts";
import { runProgram } from "./program.ts";

const DEFAULT_SOCKET = "/run/swarm/swarmd.sock";
/** The release bundle has the version written in here. */
const VERSION = process.env["SWARM_VERSION"] ?? "0.1.0-dev";
/** As in shells, for a program that was ended by Ctrl-C. */
const INTERRUPTED = 130;

const output = createPrinter(terminalSink());
const signal = interruptSignal();
let api: Api | null = null;

function open(global: { readonly socket?: string }): Cli {
  const given = global.socket ?? process.env["SWARM_SOCKET"] ?? "";
  const socketPath = given === "" ? DEFAULT_SOCKET : resolve(given.replace(/^unix:(\/\/)?/, ""));
  api = new Api(socketPath);
  return {
    api,
    output,
    clock: systemClock,
    signal,
    version: VERSION,
    environment: process.env,
    absolute: (path) => resolve(path),
    readTextFile,
    readBytes,
    newFile,
    readLine,
    openConsole: async () => (await import("./ports/console.ts")).openConsole(),
    openBulkFiles: async () => (await import("./ports/bulk-files.ts")).bulkFiles,
    openDocker: async (address, files) => (await import("./ports/docker-reader.ts")).openDockerReader(address, files),
    starter: {
      start: async () => {
        const { systemDaemonStarter } = await import("./ports/system-daemon-starter.ts");
        const programDir = import.meta.dirname;
        const options = { clock: systemClock, socketPath, defaultSocketPath: DEFAULT_SOCKET, programDir };
        return await systemDaemonStarter(options).start();
      },
    },
  };
}

async function main(): Promise<number> {
  try {
    const outcome = await runProgram(process.argv.slice(2), VERSION, open, output.help);
    if (outcome.kind !== "usage") return 0;
    output.warn(`Error: ${outcome.message}`);
    output.warn(`See \`${outcome.command} --help\`.`);
    return 1;
  } catch (error) {
    if (error instanceof ExitStatus) return error.status;
    if (signal.aborted) return INTERRUPTED;
    output.warn(
      `Error: ${error instanceof Error ? explain(error, api?.socketPath ?? DEFAULT_SOCKET) : messageOf(error)}`,
    );
    // Anything but a refusal is a bug of ours, and whoever reports it needs to say where it happened.
    if (!(error instanceof SwarmError) && error instanceof Error) output.warn(error.stack ?? "");
    return 1;
  }
}

// Not at the top level: the bundle is CommonJS, which starts faster and cannot wait there.
void main().then(async (status) => {
  await flushed();
  // At once: a connection that is still being opened would keep the process alive for seconds.
  process.exit(status);
});
