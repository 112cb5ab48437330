/** Makes one swarm of the lab's hosts, with the command line a person would use. */
import { join } from "node:path";
import { SOCKET_INSIDE } from "./daemons.ts";
import { runOn } from "./machines.ts";
import { addressOf, hostPortOf, LabError, MANAGER_PORT, ROOT } from "./names.ts";
import { say, waitFor } from "./run.ts";

/** A node is ready within a second or two of joining; the rest is room for a slow machine. */
const READY_MS_MAX = 180_000;

/** The first `managers` hosts become managers, the rest workers; returns when all of them are ready. */
export async function formSwarm(hosts: readonly string[], managers: number): Promise<void> {
  const [first, ...others] = hosts;
  if (first === undefined) throw new LabError("a swarm needs a host.");
  await ctl(first, ["init", "--advertise-addr", addressOf(first)]);
  const tokens = {
    manager: (await ctl(first, ["join-token", "-q", "manager"])).trim(),
    worker: (await ctl(first, ["join-token", "-q", "worker"])).trim(),
  };
  const join = (host: string, token: string): Promise<string> =>
    ctl(host, ["join", "--token", token, "--advertise-addr", addressOf(host), hostPortOf(first, MANAGER_PORT)]);
  // One at a time: each is a change of the managers' quorum.
  for (const host of others.slice(0, managers - 1)) {
    await join(host, tokens.manager);
    say(`${host} joined as a manager`);
  }
  const workers = others.slice(managers - 1);
  await Promise.all(workers.map((host) => join(host, tokens.worker)));
  if (workers.length > 0) say(`${workers.join(", ")} joined as ${workers.length === 1 ? "a worker" : "workers"}`);
  await waitForReady(first, hosts.length);
}

/** Runs swarmctl on a host. */
export function ctl(host: string, args: readonly string[]): Promise<string> {
  const program = process.env["SWARM_LAB_SWARMCTL"] ?? join(ROOT, "dist/bin/swarmctl");
  return runOn(host, [program, "--socket", SOCKET_INSIDE, ...args]);
}

async function waitForReady(host: string, count: number): Promise<void> {
  let shown = -1;
  await waitFor(`${count} ready nodes in 'swarmctl node ls'`, READY_MS_MAX, async () => {
    const ready = parseLines(await ctl(host, ["node", "ls", "--format", "json"])).filter(isReady).length;
    if (ready !== shown) say(`${ready} of ${count} nodes ready`);
    shown = ready;
    return ready === count ? true : null;
  });
}

/** One object a line, as Docker prints them; a list is taken too. */
export function parseLines(text: string): readonly unknown[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .flatMap((line) => JSON.parse(line) as unknown);
}

function isReady(node: unknown): boolean {
  return typeof node === "object" && node !== null && "Status" in node && node.Status === "Ready";
}
