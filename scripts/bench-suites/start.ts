/**
 * `scripts/bench start`: how long the command line takes, beside the least that Node takes (`node -e 0`). The daemon
 * answers from memory, so that what is measured is the program and its way to the socket.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "../../shared/log.ts";
import { type RpcHandlers, serverStream, unary } from "../../shared/rpc/handler.ts";
import { RpcServer } from "../../shared/rpc/rpc-server.ts";
import { services } from "../../shared/rpc/schema.ts";
import { type Figure, figure } from "./figure.ts";

const ROOT = join(import.meta.dirname, "../..");
const RUNS = 40;
const QUICK_RUNS = 10;
const NODES = ["host-1", "host-2", "host-3"];
const PERCENT = 100;
/** Promised of the medians: `swarmctl` takes at most 1.3 times as long as `node -e 0`. */
const PERCENT_MAX = 130;

export async function measureStart(quick: boolean): Promise<readonly Figure[]> {
  const program = join(ROOT, "dist/bin/swarmctl");
  if (!existsSync(program)) throw new Error("dist/ is missing: run scripts/build");
  const folder = mkdtempSync(join(tmpdir(), "swarm-start-"));
  const socket = join(folder, "swarmd.sock");
  const environment = { ...process.env, NODE_COMPILE_CACHE: join(folder, "cache"), SWARM_SOCKET: socket };
  await using server = await startDaemon(socket);
  const lines: Readonly<Record<string, readonly [string, ...string[]]>> = {
    "node -e 0": [process.execPath, "-e", "0"],
    "swarmctl --version": [program, "--version"],
    "swarmctl node ls": [program, "node", "ls"],
  };
  const samples = new Map(Object.keys(lines).map((name) => [name, [] as number[]]));
  try {
    // In turn, so that what else the machine does meets all of them; the first round fills caches.
    for (let round = 0; round <= (quick ? QUICK_RUNS : RUNS); round++) {
      for (const [name, line] of Object.entries(lines)) {
        const tookMs = await time(line, environment);
        if (round > 0) samples.get(name)?.push(tookMs);
      }
    }
  } finally {
    await server.stop(0);
    rmSync(folder, { recursive: true });
  }
  const figures = [...samples].map(([name, all]) => figure(name, "ms", Number.POSITIVE_INFINITY, all));
  const [least, ...ours] = figures;
  const times = ours.map(({ name, median }) =>
    figure(`${name}, of node -e 0`, "%", PERCENT_MAX, [(PERCENT * median) / (least?.median ?? Number.NaN)]),
  );
  return [...figures, ...times];
}

/** Answers what `node ls` asks. */
async function startDaemon(path: string): Promise<RpcServer> {
  const unused = unary(async (): Promise<never> => {
    throw new Error("not asked for here");
  });
  const names = Object.keys(services.control.methods);
  const control = Object.fromEntries(names.map((name) => [name, unused])) as unknown as RpcHandlers<
    typeof services.control
  >;
  const nodes = NODES.map((hostname, at) => ({
    id: `${"n".repeat(24)}${at}`,
    spec: { role: "MANAGER", availability: "ACTIVE", annotations: { name: "", labels: {} } },
    description: { hostname, engineVersion: "0.1.0" },
    status: { state: "READY" },
  }));
  const server = new RpcServer({ kind: "unix", path }, { log: silentLogger })
    .add(services.control, {
      ...control,
      listNodes: unary(async () => ({ nodes }) as never),
      getCluster: unary(async () => ({})),
    })
    .add(services.local, {
      ...{
        init: unused,
        join: unused,
        leave: unused,
        unlock: unused,
        diagnose: serverStream<unknown, never>(async () => {}),
      },
      info: unary(async () => ({ nodeId: nodes[0]?.id ?? "" })),
    });
  await server.listen();
  return server;
}

async function time([command, ...args]: readonly [string, ...string[]], env: NodeJS.ProcessEnv): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(command, args, { env, stdio: "ignore" });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("exit", resolve).once("error", reject);
  });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}`);
  return performance.now() - startedMs;
}
