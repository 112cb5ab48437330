/**
 * The worker's network part alone, as a process of one lab host: calls come as JSON lines on standard input, answers
 * go out as JSON lines. Arguments: NODE_ID STATE_DIRECTORY.
 */
import { createInterface } from "node:readline";
import { messageOf } from "../../shared/errors.ts";
import type { NodeId } from "../../shared/ids.ts";
import { parseId } from "../../shared/ids.ts";
import { silentLogger } from "../../shared/log.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { KernelNetwork } from "../../worker/network/kernel-network.ts";
import type { CommandRunner } from "../../worker/ports/command-runner.ts";
import { SystemCommandRunner } from "../../worker/ports/system-command-runner.ts";
import { SystemNetworkFiles } from "../../worker/ports/system-network-files.ts";

export type HostCall = "apply" | "attach" | "detach" | "repair" | "teardown" | "attached";
export interface HostRequest {
  readonly call: HostCall;
  readonly argument: unknown;
}
export interface HostAnswer {
  readonly value: unknown;
  readonly error: string | null;
  readonly ms: number;
  /** Programs run for this call. */
  readonly processes: number;
}

const [nodeId = "", directory = ""] = process.argv.slice(2);
let processes = 0;
const system = new SystemCommandRunner();
const runner: CommandRunner = {
  run: (argv, options) => {
    processes++;
    return system.run(argv, options);
  },
};
const network = new KernelNetwork(
  { nodeId: parseId<NodeId>(nodeId, "node") },
  { runner, files: new SystemNetworkFiles(directory), clock: systemClock, log: silentLogger },
);

for await (const line of createInterface({ input: process.stdin })) {
  const { call, argument } = JSON.parse(line) as HostRequest;
  processes = 0;
  const start = performance.now();
  let value: unknown = null;
  let error: string | null = null;
  try {
    value = (await (network[call] as (argument: unknown) => Promise<unknown>)(argument)) ?? null;
  } catch (thrown) {
    error = messageOf(thrown);
  }
  const answer: HostAnswer = { value, error, ms: performance.now() - start, processes };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
