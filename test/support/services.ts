/** What end-to-end tests ask a swarm again and again. */
import type { Lab } from "./lab.ts";
import { waitFor } from "./wait.ts";

/** A line of `service ps --format json`. */
export interface TaskRow {
  readonly ID: string;
  readonly Name: string;
  readonly Node: string;
  readonly DesiredState: string;
  readonly CurrentState: string;
  readonly Error: string;
}

/** A line of `node ls --format json`. */
export interface NodeRow {
  readonly ID: string;
  readonly Hostname: string;
  readonly Status: string;
  readonly Availability: string;
  readonly ManagerStatus: string;
}

export function tasksOf(lab: Lab, manager: string, service: string): Promise<readonly TaskRow[]> {
  return lab.ctlJson<TaskRow>(manager, "service", "ps", service, "--no-trunc");
}

/** Tasks that run and are wanted to. */
export async function runningTasks(lab: Lab, manager: string, service: string): Promise<readonly TaskRow[]> {
  const rows = await tasksOf(lab, manager, service);
  return rows.filter(
    ({ DesiredState, CurrentState }) => DesiredState === "Running" && CurrentState.startsWith("Running"),
  );
}

/** Waits until exactly `count` tasks run that also satisfy `which`; returns them. */
export function untilRunning(
  lab: Lab,
  manager: string,
  service: string,
  count: number,
  which: (tasks: readonly TaskRow[]) => boolean = () => true,
): Promise<readonly TaskRow[]> {
  return waitFor(`${count} running tasks of ${service}`, async () => {
    const tasks = await runningTasks(lab, manager, service);
    return tasks.length === count && which(tasks) ? tasks : null;
  });
}

export function nodesOf(lab: Lab, manager: string): Promise<readonly NodeRow[]> {
  return lab.ctlJson<NodeRow>(manager, "node", "ls");
}

export async function nodeOf(lab: Lab, manager: string, host: string): Promise<NodeRow> {
  const node = (await nodesOf(lab, manager)).find(({ Hostname }) => Hostname === host);
  if (node === undefined) throw new Error(`node ls does not show ${host}`);
  return node;
}

/** Waits until `node ls` on `manager` shows all hosts ready. */
export async function untilAllReady(lab: Lab, manager: string): Promise<void> {
  await waitFor("all nodes ready", async () => {
    const nodes = await nodesOf(lab, manager);
    return nodes.length === lab.hosts.length && nodes.every(({ Status }) => Status === "Ready");
  });
}

export async function leaderOf(lab: Lab, manager: string): Promise<string> {
  return await waitFor(
    "a leader in node ls",
    async () => (await nodesOf(lab, manager)).find(({ ManagerStatus }) => ManagerStatus === "Leader")?.Hostname,
  );
}
