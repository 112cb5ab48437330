import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { TlsMaterial } from "../../../shared/pki/tls-credentials.ts";

/** Three members on loopback, each a process, with its data on disk. Disposing ends them all. */
export interface Group extends AsyncDisposable {
  readonly name: string;
  readonly members: readonly Member[];
  /** What clients prove themselves with; null = without TLS. */
  readonly tls: TlsMaterial | null;
  /** Waits until someone leads and everyone is there and has caught up. */
  ready(): Promise<Member>;
  /** Starts a member whose process has ended. */
  restart(member: Member): Promise<void>;
}

export interface Member {
  readonly name: string;
  /** HOST:PORT for clients. */
  readonly address: string;
  readonly process: ChildProcess;
}

const WAIT_MS = 30_000;
const LOOK_MS = 10;
const KILL_AFTER_MS = 3_000;
/** Of the kernel's process times. */
const CLOCK_TICK_MS = 10;

/** @throws Error when it is still not so after WAIT_MS. */
export async function until<T>(what: string, look: () => Promise<T | null> | T | null): Promise<T> {
  const endsMs = performance.now() + WAIT_MS;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > endsMs) throw new Error(`waited ${WAIT_MS} ms in vain until ${what}`);
    await sleep(LOOK_MS);
  }
}

export function isRunning(process: ChildProcess): boolean {
  return process.exitCode === null && process.signalCode === null;
}

/** Asks it to end, waits, and finally kills it. */
export async function end(process: ChildProcess): Promise<void> {
  if (!isRunning(process)) return;
  const ended = new Promise<void>((resolve) => process.once("exit", () => resolve()));
  process.kill("SIGCONT");
  process.kill("SIGTERM");
  const timer = setTimeout(() => process.kill("SIGKILL"), KILL_AFTER_MS);
  await ended;
  clearTimeout(timer);
}

/** Processor time all members have used so far, in milliseconds. */
export function cpuMs(group: Group): number {
  let ticks = 0;
  for (const { process } of group.members) {
    const stat = readFileSync(`/proc/${process.pid}/stat`, "utf8");
    const [utime, stime] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13);
    ticks += Number(utime) + Number(stime);
  }
  return ticks * CLOCK_TICK_MS;
}

/** Ports nobody listens on just now. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
