/** A swarm of three hosts as `scripts/bench worker` sees it, ours or Docker's: by the same API, asked the same. */
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiClient } from "../api/api-client.ts";

export interface Side extends AsyncDisposable {
  readonly name: string;
  /** Docker's API of each host; the first one's is asked for services. */
  readonly sockets: readonly string[];
  /** The program of its command line, and what leads that to the first host. */
  readonly command: { readonly program: string; readonly environment: NodeJS.ProcessEnv };
  /** Processes that are there for the swarm and not for people, by host where one host has them. */
  processes(): { readonly daemons: readonly number[]; readonly monitors: readonly number[] };
}

/** How a start is asked for, and watched. */
export type Way = "API" | "command line";

export const IMAGE = "busybox";
/** A first process takes no SIGTERM that it does not ask for. */
const STOP_SIGNAL = "SIGKILL";
const WORDS = ["sleep", "36000"];
const POLL_MS = 20;
const WAIT_MS_MAX = 180_000;
const COMMAND_MS_MAX = 60_000;

/** Milliseconds from the create to all tasks running, as the asker sees it. The service stays. */
export async function timeStart(side: Side, way: Way, name: string, replicas: number): Promise<number> {
  const startedMs = performance.now();
  if (way === "API") {
    using client = new ApiClient(side.sockets[0] ?? "", 1);
    await client.ask("POST", "/services/create", {
      Name: name,
      TaskTemplate: { ContainerSpec: { Image: IMAGE, Args: WORDS, StopSignal: STOP_SIGNAL } },
      Mode: { Replicated: { Replicas: replicas } },
    });
    const filters = encodeURIComponent(JSON.stringify({ service: [name], "desired-state": ["running"] }));
    await until(`${replicas} tasks of ${side.name}`, async () => {
      const tasks = (await client.ask("GET", `/tasks?filters=${filters}`)) as readonly { Status: { State: string } }[];
      return tasks.filter(({ Status }) => Status.State === "running").length >= replicas;
    });
    return performance.now() - startedMs;
  }
  const options = ["--name", name, "--replicas", String(replicas), "--stop-signal", STOP_SIGNAL];
  await run(side, "service", "create", "--detach", ...options, IMAGE, ...WORDS);
  const ask = ["service", "ps", "--filter", "desired-state=running", "--format", "{{.CurrentState}}", name];
  await until(`${replicas} tasks of ${side.name}`, async () => {
    return (await run(side, ...ask)).split("\n").filter((line) => line.startsWith("Running")).length >= replicas;
  });
  return performance.now() - startedMs;
}

/** Milliseconds from the removal to the last of its containers having gone from all hosts. */
export async function timeStop(side: Side, name: string): Promise<number> {
  const clients = side.sockets.map((socket) => new ApiClient(socket, 1));
  try {
    const startedMs = performance.now();
    await clients[0]?.ask("DELETE", `/services/${name}`);
    const filters = encodeURIComponent(JSON.stringify({ label: [`com.docker.swarm.service.name=${name}`] }));
    await until(`the end of ${name} of ${side.name}`, async () => {
      const left = await Promise.all(
        clients.map((client) => client.ask("GET", `/containers/json?all=1&filters=${filters}`)),
      );
      return left.every((containers) => (containers as readonly unknown[]).length === 0);
    });
    return performance.now() - startedMs;
  } finally {
    for (const client of clients) client[Symbol.dispose]();
  }
}

function run({ command: { program, environment } }: Side, ...words: readonly string[]): Promise<string> {
  const options = { env: { ...process.env, ...environment }, timeout: COMMAND_MS_MAX };
  return new Promise((resolve, reject) => {
    execFile(program, words, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${program} ${words.join(" ")}: ${stderr || error.message}`));
    });
  });
}

export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + WAIT_MS_MAX;
  for (let last: unknown = null; ; ) {
    try {
      if (await condition()) return;
    } catch (error) {
      // Whoever waits asks again, as after a change of the leader; what is wrong is told in the end.
      last = error;
    }
    if (performance.now() > deadlineMs)
      throw new Error(`${what}: not within ${WAIT_MS_MAX / 1_000} s`, { cause: last });
    await sleep(POLL_MS);
  }
}
