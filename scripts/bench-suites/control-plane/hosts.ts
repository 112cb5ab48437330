/** Many hosts in one process: the worker's own agents with real sessions, and containers that live in memory. */
import { mustHave } from "../../../shared/invariant.ts";
import { silentLogger } from "../../../shared/log.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import { systemClock } from "../../../shared/ports/system-clock.ts";
import { connect } from "../../../shared/rpc/client.ts";
import type { Caller } from "../../../shared/rpc/handler.ts";
import { hostFacts } from "../../../test/support/doctor-facts.ts";
import {
  FakeExecutor,
  FakeMembership,
  FakeNetwork,
  MemoryAgentDatabase,
  noCarrier,
  noGuests,
  noLogins,
  noMeter,
  noNames,
} from "../../../test/support/fake-worker.ts";
import { Agent } from "../../../worker/agent/agent.ts";
import type { SessionTransport } from "../../../worker/agent/session-transport.ts";
import { dispatcherWithoutTables } from "./blind-to-tables.ts";
import { hostIdOf, hostObject } from "./host-object.ts";
import type { HostsConfig, HostsHear, HostsSay } from "./messages.ts";

/** Hosts that begin at the same time: all at once they would time out on each other in this one process. */
const START_AT_ONCE = 50;
const NO_CLUSTER = "";

const config = JSON.parse(mustHave(process.argv[2], "a configuration")) as HostsConfig;
const agents: Agent[] = [];
const dispatcher = dispatcherWithoutTables();

/** Without TLS, and each host saying who it is: what is measured is the leader, and not a thousand handshakes. */
function transportOf(at: number): SessionTransport {
  const onBehalfOf: Caller = {
    kind: "node",
    nodeId: hostIdOf(at),
    role: "WORKER",
    roleGeneration: 0,
    certificateRoot: "",
    clusterId: NO_CLUSTER,
    address: "",
  };
  return {
    connect(address) {
      const client = connect(dispatcher, address, "local");
      return {
        openSession: (signal) => client.session({ signal, onBehalfOf }),
        publishLogs: () => {
          throw new Error("no logs are asked for here");
        },
        carry: () => {
          throw new Error("no calls are made here");
        },
        guests: {
          findNetwork: () => Promise.reject(new Error("no containers are here")),
          tellGuests: async () => [],
        },
        [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
      };
    },
  };
}

async function startHost(at: number): Promise<void> {
  const description = mustHave(hostObject(at).description, "what the host says about itself");
  const agent = await Agent.start(
    { nodeId: hostIdOf(at), managers: [config.address] },
    { onClusterView() {}, onRemoved() {} },
    {
      transport: transportOf(at),
      executor: new FakeExecutor(systemClock),
      network: new FakeNetwork(systemClock),
      names: noNames,
      logins: noLogins,
      membership: new FakeMembership(),
      database: new MemoryAgentDatabase(),
      describe: () => description,
      examine: async () => hostFacts(),
      readMeter: noMeter,
      carrier: noCarrier,
      guests: noGuests,
      // Read at every heartbeat: of thousands of hosts in one process the reading of files would be most of the work.
      bootClock: () => ({ bootId: "bench", upMs: systemClock.now() }),
      clock: systemClock,
      random: seededRandom(at + 1),
      log: silentLogger,
    },
  );
  agents.push(agent);
  await agent.registered(new AbortController().signal);
}

process.on("message", (message: HostsHear) => {
  for (const agent of agents.slice(0, message.hosts)) void agent.stop({ keepContainers: true });
});
// The suite has ended: nothing else would end this.
process.on("disconnect", () => process.exit(0));

for (let at = 0; at < config.hosts; at += START_AT_ONCE) {
  const numbers = Array.from({ length: Math.min(START_AT_ONCE, config.hosts - at) }, (_, more) => at + more);
  await Promise.all(numbers.map(startHost));
}
process.send?.({ kind: "started" } satisfies HostsSay);
