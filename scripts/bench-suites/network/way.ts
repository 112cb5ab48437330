/** One way to a container, and requests and bytes over it for a second each, by programs of the host. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { run } from "../../lab-parts/run.ts";

/** Where the server listens. */
export const SERVER_PORTS = { http: 80, iperf: 5201 } as const;
/** Many short rounds say more than few long ones where the machine is not equally busy all the time. */
const SECONDS = 1;
const CONNECTIONS = 16;
/** What /proc/PID/stat counts processor time in: USER_HZ, which is 100 on every architecture we run on. */
const TICK_US = 10_000;
/**
 * Where client and server run. Left to itself the scheduler puts them now on one processor, where they answer each
 * other without waking anybody, now on two: requests a second differ by two thirds then, whichever way they take.
 */
const PROCESSORS = availableParallelism() > 1 ? { client: "0", server: "1" } : { client: "0", server: "0" };

/** Answers at once out of memory, and writes no log: the server is to be the smallest part of what is measured. */
export const SERVER_CONF = `worker_processes 1;
pid /run/nginx.pid;
error_log /dev/stderr warn;
events { worker_connections 512; }
http {
  access_log off;
  keepalive_requests 100000000;
  server { listen ${SERVER_PORTS.http}; return 200 "served\\n"; }
}
`;

export interface Way {
  readonly name: string;
  /** Words before a command that is to run at its beginning. */
  readonly from: readonly string[];
  readonly address: string;
  readonly ports: { readonly http: number; readonly iperf: number };
  /** Processes that answer the requests. */
  readonly servers: readonly number[];
  /** Names of the ways it is compared with, and what it may lose. */
  readonly against: readonly { readonly name: string; readonly loss: number }[];
  /** Name of Docker's own way of this kind, where there is one. */
  readonly beside: string | null;
}

export interface Requests {
  readonly requests: number;
  readonly p99Ms: number;
  /** What client and server spent on each, in the kernel too (µs): others on the machine hardly change it. */
  readonly spentUs: number;
}

/** Over connections that are kept. @throws Error when a request fails. */
export async function measureRequests({ from, address, ports, servers }: Way): Promise<Requests> {
  const url = `http://${address}:${ports.http}/`;
  const wrk = ["wrk", "--threads=1", `--connections=${CONNECTIONS}`, `--duration=${SECONDS}s`, "--latency", url];
  const spentBeforeUs = servers.reduce((sum, pid) => sum + spentBy(pid), 0);
  const timed = ["bash", "-c", 'TIMEFORMAT="spent %U %S"; { time "$@"; } 2>&1', "bash"];
  const said = await runFrom(from, [...timed, ...on(PROCESSORS.client), ...wrk]);
  if (/Socket errors|Non-2xx/.test(said)) throw new Error(`wrk to ${url}: ${said}`);
  const spentUs = servers.reduce((sum, pid) => sum + spentBy(pid), 0) - spentBeforeUs;
  const [, user = "", system = ""] = /^spent (\S+) (\S+)$/m.exec(said) ?? [];
  const [, p99 = "", unit = ""] = /^\s+99%\s+([\d.]+)(us|ms|s)$/m.exec(said) ?? [];
  const count = Number(/^\s+(\d+) requests in /m.exec(said)?.[1]);
  return {
    requests: Number(/^Requests\/sec:\s+([\d.]+)$/m.exec(said)?.[1]),
    p99Ms: Number(p99) * { us: 0.001, ms: 1, s: 1_000 }[unit as "us" | "ms" | "s"],
    spentUs: (spentUs + (Number(user) + Number(system)) * 1_000_000) / count,
  };
}

/** Bytes a second over one connection, towards the server. */
export async function measureBytes({ from, address, ports }: Way): Promise<number> {
  const iperf = ["iperf3", "--client", address, `--port=${ports.iperf}`, `--time=${SECONDS}`, "--json"];
  const json = JSON.parse(await runFrom(from, [...on(PROCESSORS.client), ...iperf])) as {
    readonly end: { readonly sum_received: { readonly bits_per_second: number } };
  };
  return json.end.sum_received.bits_per_second / 8;
}

/** The command of a server for bytes. */
export const IPERF_SERVER = [...on(PROCESSORS.server), "iperf3", "--server"] as const;

/** Those of the processes that answer requests, which from now on run where servers do. */
export async function settleServers(pids: readonly number[]): Promise<readonly number[]> {
  const servers = pids.filter((pid) => statOf(pid)?.name === "nginx");
  for (const pid of servers) await run("taskset", ["--cpu-list", "--pid", PROCESSORS.server, String(pid)]);
  return servers;
}

function on(processor: string): readonly string[] {
  return ["taskset", "--cpu-list", processor];
}

/** µs of processor time; 0 when it has gone. */
function spentBy(pid: number): number {
  const fields = statOf(pid)?.fields ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_US;
}

/** null = there is no such process. `fields` begin with the third, the state. */
function statOf(pid: number): { readonly name: string; readonly fields: readonly string[] } | null {
  try {
    const [, name = "", rest = ""] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    return { name, fields: rest.split(" ") };
  } catch {
    return null;
  }
}

function runFrom(from: readonly string[], command: readonly string[]): Promise<string> {
  const [program = "", ...words] = [...from, ...command];
  return run(program, words);
}
