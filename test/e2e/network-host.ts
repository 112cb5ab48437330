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
import { runNetworkRepair } from "../../worker/network/repair-loop.ts";
import { SystemNetworkFiles } from "../../worker/ports/system-network-files.ts";
import { systemNetworkNamespaces } from "../../worker/ports/system-network-kernel.ts";

export type HostCall =
  | "apply"
  | "attach"
  | "update"
  | "detach"
  | "repair"
  | "teardown"
  | "attached"
  | "listen"
  | "heard"
  | PortCall;
type PortCall = "lookAtPorts" | "hostListeners";
export interface HostRequest {
  readonly call: HostCall;
  readonly argument: unknown;
}
export interface HostAnswer {
  readonly value: unknown;
  readonly error: string | null;
  readonly ms: number;
}

const [nodeId = "", directory = ""] = process.argv.slice(2);
const network = new KernelNetwork(
  { nodeId: parseId<NodeId>(nodeId, "node") },
  {
    namespaces: systemNetworkNamespaces(),
    files: new SystemNetworkFiles(directory),
    clock: systemClock,
    log: silentLogger,
  },
);
type Call = (argument: unknown) => unknown;
/** What the repair beside the calls has found and not been asked for yet. */
const heard: string[] = [];
const repairing = new AbortController();

/** Calls besides the network's own. */
const extra = {
  /** Starts the repair that runs in the daemon. */
  listen(): void {
    const note = (_: string, fields: Readonly<Record<string, unknown>> = {}): void =>
      void heard.push(String(fields["finding"] ?? fields["error"]));
    const log = { ...silentLogger, info: note, warn: note, error: note, debug: note };
    void runNetworkRepair(network, { clock: systemClock, log }, repairing.signal);
  },
  heard: (): readonly string[] => heard.splice(0),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { call, argument } = JSON.parse(line) as HostRequest;
  const start = performance.now();
  let value: unknown = null;
  let error: string | null = null;
  try {
    const own = call === "listen" || call === "heard";
    value = own ? (extra[call]() ?? null) : ((await (network[call] as Call)(argument ?? undefined)) ?? null);
  } catch (thrown) {
    error = messageOf(thrown);
  }
  const answer: HostAnswer = { value, error, ms: performance.now() - start };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
