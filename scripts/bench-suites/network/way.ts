/** One way to a container, and one round of requests and bytes over it, by programs of the host. */
import { run } from "../../lab-parts/run.ts";

/** Where the server listens. */
export const SERVER_PORTS = { http: 80, iperf: 5201 } as const;
const SECONDS = 2;
const CONNECTIONS = 16;

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
  /** Names of the ways it is compared with, and what it may lose. */
  readonly against: readonly { readonly name: string; readonly loss: number }[];
  /** Name of Docker's own way of this kind, where there is one. */
  readonly beside: string | null;
}

export interface Sample {
  readonly requests: number;
  readonly p99Ms: number;
  readonly bytes: number;
}

/** @throws Error when a request fails. */
export async function measureWay({ from, address, ports }: Way): Promise<Sample> {
  const url = `http://${address}:${ports.http}/`;
  const said = await runFrom(from, [
    ...["wrk", "--threads=1", `--connections=${CONNECTIONS}`, `--duration=${SECONDS}s`, "--latency", url],
  ]);
  if (/Socket errors|Non-2xx/.test(said)) throw new Error(`wrk to ${url}: ${said}`);
  const [, p99 = "", unit = ""] = /^\s+99%\s+([\d.]+)(us|ms|s)$/m.exec(said) ?? [];
  const iperf = ["iperf3", "--client", address, `--port=${ports.iperf}`, `--time=${SECONDS}`, "--json"];
  const json = JSON.parse(await runFrom(from, iperf)) as {
    readonly end: { readonly sum_received: { readonly bits_per_second: number } };
  };
  return {
    requests: Number(/^Requests\/sec:\s+([\d.]+)$/m.exec(said)?.[1]),
    p99Ms: Number(p99) * { us: 0.001, ms: 1, s: 1_000 }[unit as "us" | "ms" | "s"],
    bytes: json.end.sum_received.bits_per_second / 8,
  };
}

function runFrom(from: readonly string[], command: readonly string[]): Promise<string> {
  const [program = "", ...words] = [...from, ...command];
  return run(program, words);
}
