import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SwarmError } from "../../../shared/errors.ts";
import { silentLogger } from "../../../shared/log.ts";
import { systemClock } from "../../../shared/ports/system-clock.ts";
import { type RpcHandlers, serverStream, unary } from "../../../shared/rpc/handler.ts";
import { RpcServer } from "../../../shared/rpc/rpc-server.ts";
import { services } from "../../../shared/rpc/schema.ts";
import { Api, explain } from "../../../swarmctl/api.ts";
import type { Cli, Console } from "../../../swarmctl/cli.ts";
import { bulkFiles } from "../../../swarmctl/ports/bulk-files.ts";
import { openDockerReader } from "../../../swarmctl/ports/docker-reader.ts";
import { readBytes } from "../../../swarmctl/ports/files.ts";
import { createPrinter } from "../../../swarmctl/printer.ts";
import { runProgram } from "../../../swarmctl/program.ts";

type Control = RpcHandlers<typeof services.control>;
type Local = RpcHandlers<typeof services.local>;
type Logs = RpcHandlers<typeof services.logs>;
type Networks = RpcHandlers<typeof services.networks>;
type Containers = RpcHandlers<typeof services.containers>;

export interface FakeDaemon extends AsyncDisposable {
  readonly socketPath: string;
  /** Starts to answer, if it does not yet. */
  listen(): Promise<void>;
}

async function unimplemented(): Promise<never> {
  throw new SwarmError("unimplemented", "not in this test");
}

async function notFound(): Promise<never> {
  throw new SwarmError("notFound", "not in this test");
}

/** A daemon that answers only what a test gives it handlers for. */
export function createFakeDaemon(
  parts: {
    control?: Partial<Control>;
    local?: Partial<Local>;
    logs?: Partial<Logs>;
    networks?: Partial<Networks>;
    containers?: Partial<Containers>;
  } = {},
): FakeDaemon {
  const dir = mkdtempSync(join(tmpdir(), "swarmctl-"));
  const socketPath = join(dir, "swarmd.sock");
  const no = unary(unimplemented);
  const answers = Object.keys(services.control.methods).map((name) => [name, no]);
  const control: Control = {
    ...(Object.fromEntries(answers) as unknown as Control),
    watch: serverStream(unimplemented),
    watchServiceProgress: serverStream(unimplemented),
    // Lists of nodes look here for a rotation of the root.
    getCluster: unary(async () => ({ cluster: {} })),
    diagnose: serverStream(unimplemented),
    ...parts.control,
  };
  const local: Local = {
    ...{ info: no, init: no, join: no, leave: no, unlock: no, diagnose: serverStream(unimplemented) },
    ...parts.local,
  };
  const ofContainers = Object.keys(services.containers.methods).map((name) => [name, no]);
  const containers: Containers = {
    ...(Object.fromEntries(ofContainers) as unknown as Containers),
    ...{ create: serverStream(unimplemented), watchEnd: serverStream(unimplemented) },
    ...{ events: serverStream(unimplemented), inspect: unary(notFound) },
    ...parts.containers,
  };
  const server = new RpcServer({ kind: "unix", path: socketPath }, { log: silentLogger })
    .add(services.control, control)
    .add(services.local, local)
    .add(services.networks, {
      ...{ create: no, list: unary(async () => ({ networks: [] })), inspect: unary(notFound), remove: no },
      ...{ prune: unary(async () => ({ removed: [] })), connect: no, disconnect: no },
      ...parts.networks,
    })
    .add(services.containers, containers)
    .add(services.logs, { subscribe: serverStream(unimplemented), ...parts.logs });
  return {
    socketPath,
    listen: async () => {
      await server.listen();
    },
    [Symbol.asyncDispose]: async () => {
      await server.stop(0);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export interface Ran {
  readonly out: readonly string[];
  readonly outBytes: Buffer;
  readonly err: readonly string[];
  readonly ok: boolean;
}

/** Runs a command line as main.ts does, with what it prints caught. */
export async function runCli(
  words: readonly string[],
  daemon: FakeDaemon,
  more: {
    start?: () => Promise<string>;
    signal?: AbortSignal;
    answer?: string;
    environment?: Cli["environment"];
    console?: Console;
    /** Is told how much was printed, and says when the reader can take more; null = now. */
    full?: (printed: number) => Promise<void> | null;
  } = {},
): Promise<Ran> {
  const written: Buffer[] = [];
  const complained: Buffer[] = [];
  await using api = new Api(daemon.socketPath);
  const cli: Cli = {
    api,
    output: createPrinter({
      isTerminal: false,
      columns: 80,
      write: (to, data) => (to === "out" ? written : complained).push(Buffer.from(data)),
      full: () => more.full?.(written.length) ?? null,
    }),
    clock: systemClock,
    signal: more.signal ?? new AbortController().signal,
    starter: { start: more.start ?? (() => Promise.reject(new Error("nothing may be started here"))) },
    openConsole: async () => {
      if (more.console === undefined) throw new Error("nobody converses here");
      return more.console;
    },
    openBulkFiles: async () => bulkFiles,
    openDocker: async (address, files) => openDockerReader(address, files),
    version: "1.2.3",
    environment: more.environment ?? {},
    absolute: (path) => path,
    readBytes,
    newFile: () => ({ write: () => {}, discard: () => {} }),
    readLine: async () => more.answer ?? null,
    readTextFile: () => "",
  };
  const ranWith = (ok: boolean): Ran => ({
    out: linesOf(written),
    outBytes: Buffer.concat(written),
    err: linesOf(complained),
    ok,
  });
  try {
    const outcome = await runProgram(words, "1.2.3", () => cli, cli.output.help);
    if (outcome.kind === "usage") cli.output.warn(`Error: ${outcome.message}\nSee \`${outcome.command} --help\`.`);
    return ranWith(outcome.kind !== "usage");
  } catch (error) {
    cli.output.warn(`Error: ${explain(error as Error, daemon.socketPath)}`);
    return ranWith(false);
  }
}

function linesOf(chunks: readonly Buffer[]): readonly string[] {
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
