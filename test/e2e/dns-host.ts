/**
 * The worker's network part with its DNS server, as a process of one lab host: spoken to as network-host.ts is. Its
 * host's resolv.conf is the file of that name in its directory. Arguments: NODE_ID STATE_DIRECTORY.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { messageOf } from "../../shared/errors.ts";
import { type NodeId, parseId, type TaskId } from "../../shared/ids.ts";
import { silentLogger } from "../../shared/log.ts";
import type { Task } from "../../shared/objects/types.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { systemRandom } from "../../shared/ports/system-random.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { openNames } from "../../worker/dns/open-names.ts";
import { SystemDnsSockets } from "../../worker/dns/ports/system-dns-sockets.ts";
import { KernelNetwork } from "../../worker/network/kernel-network.ts";
import { SystemNetworkFiles } from "../../worker/ports/system-network-files.ts";
import { systemNetworkNamespaces } from "../../worker/ports/system-network-kernel.ts";
import type { HostAnswer, HostRequest } from "./network-host.ts";

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
const names = openNames({
  address: () => network.resolverAddress(),
  taskAt: (address) => network.taskAt(address),
  readResolvConf: () => readFile(join(directory, "resolv.conf"), "utf8").catch(() => ""),
  ...{ sockets: new SystemDnsSockets(), clock: systemClock, random: systemRandom, log: silentLogger },
});
void names.run(new AbortController().signal);
const tasks = new Map<TaskId, Task>();

async function carryOut({ call, argument }: HostRequest): Promise<unknown> {
  if (call === "apply") names.service.setTables(argument as readonly NetworkTable[]);
  if (call === "attach") {
    const task = argument as Task;
    names.service.setTasks(tasks.set(task.id, task));
  }
  if (call === "listen" || call === "heard") throw new Error(`not called here: ${call}`);
  return (await (network[call] as (argument: unknown) => Promise<unknown>)(argument ?? undefined)) ?? null;
}

for await (const line of createInterface({ input: process.stdin })) {
  const start = performance.now();
  let value: unknown = null;
  let error: string | null = null;
  try {
    value = await carryOut(JSON.parse(line) as HostRequest);
  } catch (thrown) {
    error = messageOf(thrown);
  }
  const answer: HostAnswer = { value, error, ms: performance.now() - start };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
