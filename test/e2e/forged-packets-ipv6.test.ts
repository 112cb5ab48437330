/** Forged VXLAN packets where IPv6 is outside, inside, or both: as forged-packets.test.ts, which has all cases. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { macOf } from "../../shared/ipv4.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { ingressTable, port, networkTask as task } from "../support/network-objects.ts";
import { FENCE_PORT, type ForgedPacket } from "./forge-vxlan.ts";
import { type LabHost, type LabTask, NetworkLab, type Place } from "./network-lab.ts";

const SERVER = { tcp: 8080, udp: 5353 };
const UNPUBLISHED = 7777;
const DATA_PATH_PORT = 4790;
const SUBNET6 = "fd00:1:2:3::/64";
/** Of the task, by the family inside. */
const TASK = { ipv4: "10.0.0.11", ipv6: "fd00:1:2:3::a00:b" } as const;
const HOST2 = { ipv4: "10.0.0.3", ipv6: "fd00:1:2:3::a00:3" } as const;
const STRANGER = { ipv4: "10.98.0.200", ipv6: "fd98::200" } as const;

for (const outside of ["ipv4", "ipv6"] as const)
  describe(`forged packets between hosts that reach each other by ${outside}`, { timeout: 300_000 }, () => {
    const lab = new NetworkLab(2);
    const [host1, host2] = lab.hosts as [LabHost, LabHost];
    const wayTo = ({ address, address6 }: LabHost): string => (outside === "ipv6" ? address6 : address);
    let web: LabTask;
    const tables = (tasks: readonly LabTask[]): readonly NetworkTable[] => [
      ingressTable(
        lab.hosts.map((host) => ({ ...host, address: wayTo(host), carriesIpv6: true })),
        {
          tasks: tasks.map(({ id, host }) => ({ id, host })),
          ports: [port("UDP", 53, SERVER.udp)],
          dataPathPort: DATA_PATH_PORT,
          subnet6: SUBNET6,
        },
      ),
    ];
    /** Counts UDP packets of both families as they reach the programs of a place. */
    const watch = (where: Place, ...ports: readonly number[]): void => {
      const rules = ports.map((number) => `udp dport ${number} counter`).join("\n");
      const chain = `type filter hook input priority 300; policy accept;\n${rules}`;
      lab.run(
        where,
        "nft",
        `table inet seen {}\ndelete table inet seen\ntable inet seen {\nchain input {\n${chain}\n}\n}`,
      );
    };
    const seen = (where: Place, udpPort: number): number => {
      const text = lab.run(where, "nft", "list", "table", "inet", "seen");
      return Number(new RegExp(`udp dport ${udpPort} counter packets (\\d+)`).exec(text)?.[1]);
    };
    const forge = async (from: Place, packet: Partial<ForgedPacket>): Promise<void> => {
      const forged: ForgedPacket = {
        ...{ to: wayTo(host1), port: DATA_PATH_PORT, vni: 4096 },
        ...{ sourceMac: macOf(host2.ingressAddress), destinationMac: macOf(host1.ingressAddress) },
        ...{ source: HOST2.ipv6, destination: TASK.ipv6, destinationPort: UNPUBLISHED },
        ...packet,
      };
      const fence = seen(host1, FENCE_PORT);
      lab.run(from, process.execPath, join(import.meta.dirname, "forge-vxlan.ts"), JSON.stringify(forged));
      for (const deadline = performance.now() + 30_000; seen(host1, FENCE_PORT) === fence; await turn())
        assert.ok(performance.now() < deadline, "the fence came through");
    };

    before(async () => {
      lab.up();
      await lab.applyEverywhere(tables([]));
      web = await lab.startTask(host1, task("web1", { ingressAddress: "10.0.0.11/24" }), SERVER);
      await lab.applyEverywhere(tables([web]));
      watch(host1, UNPUBLISHED, FENCE_PORT);
      watch(web, UNPUBLISHED, SERVER.udp);
    });
    after(() => lab[Symbol.asyncDispose]());

    for (const inside of ["ipv4", "ipv6"] as const) {
      const [source, destination] = [HOST2[inside], TASK[inside]];

      it(`with ${inside} inside arrive from a host at published ports alone`, async () => {
        const before = seen(web, SERVER.udp);
        // As root of a host, which may mark packets.
        lab.run(host2, "nft", "flush", "chain", outside === "ipv6" ? "ip6" : "ip", "swarm", "vxlan_out");
        await forge(host2, { source, destination, destinationPort: SERVER.udp });
        assert.equal(seen(web, SERVER.udp), before + 1);
        await forge(host2, { source, destination });
        assert.equal(seen(web, UNPUBLISHED), 0);
        await lab.call(host2, "repair");
      });

      it(`with ${inside} inside do not come in from a stranger, a program of a host, or a task`, async () => {
        const before = seen(web, SERVER.udp);
        const plain = await lab.startTask(host2, task("plain"), SERVER);
        for (const from of ["client", host2, plain] as const)
          for (const address of [source, STRANGER[inside]])
            for (const destinationPort of [SERVER.udp, UNPUBLISHED])
              await forge(from, { source: address, destination, destinationPort });
        await lab.stopTask(plain);
        assert.deepEqual([seen(web, SERVER.udp), seen(web, UNPUBLISHED)], [before, 0]);
      });
    }
  });
