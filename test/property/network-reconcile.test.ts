import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { silentLogger } from "../../shared/log.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { KernelNetwork } from "../../worker/network/kernel-network.ts";
import { FakeHostNetwork } from "../support/fake-host-network.ts";
import { hostOf, ingressTable, networkTask, nodeIdOf, port, taskIdOf } from "../support/network-objects.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

type Step =
  | { readonly kind: "apply"; readonly table: NetworkTable }
  | { readonly kind: "attach" | "detach"; readonly number: number }
  | { readonly kind: "restart" }
  /** Somebody removes one thing of ours; which one, by its place. */
  | { readonly kind: "damage"; readonly at: number };

const HERE = 1;
/** Tasks 1 to 4; odd ones are planned for this host. */
const taskHost = (number: number): number => (number % 2 === 1 ? HERE : 2);

const anyTable = fc
  .record({
    others: fc.uniqueArray(fc.integer({ min: 2, max: 4 })),
    tasks: fc.uniqueArray(fc.integer({ min: 1, max: 4 })),
    states: fc.array(fc.constantFrom("PENDING", "READY", "DRAINING" as const), { minLength: 4, maxLength: 4 }),
    published: fc.uniqueArray(fc.integer({ min: 80, max: 83 })),
    mtu: fc.constantFrom(0, 1300),
  })
  .map(({ others, tasks, states, published, mtu }) =>
    ingressTable([HERE, ...others].map(hostOf), {
      tasks: tasks.map((number, at) => ({
        id: taskIdOf(`web${number}`),
        host: hostOf(taskHost(number)),
        state: states[at] ?? "READY",
      })),
      ports: published.map((number) => port("TCP", number, 8080)),
      mtu,
    }),
  );
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: anyTable.map((table) => ({ kind: "apply", table }) as const) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom("attach", "detach" as const), number: fc.constantFrom(1, 3) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" } as const) },
  { weight: 2, arbitrary: fc.nat(50).map((at) => ({ kind: "damage", at }) as const) },
);

class World {
  readonly kernel = new FakeHostNetwork();
  readonly attached = new Set<number>();
  table = ingressTable([hostOf(HERE)]);
  network = this.start();

  start(): KernelNetwork {
    const { kernel } = this;
    const dependencies = { namespaces: kernel.namespaces, files: kernel, clock: new VirtualClock(), log: silentLogger };
    return new KernelNetwork({ nodeId: nodeIdOf(HERE) }, dependencies);
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "apply":
        this.table = step.table;
        return this.network.apply([step.table]);
      case "attach":
        this.attached.add(step.number);
        await this.network.attach(
          networkTask(`web${step.number}`, { ingressAddress: `10.0.0.${10 + step.number}/24` }),
        );
        return;
      case "detach":
        this.attached.delete(step.number);
        return this.network.detach(taskIdOf(`web${step.number}`));
      case "restart":
        this.network = this.start();
        return this.network.apply([this.table]);
      case "damage":
        return this.damage(step.at);
    }
  }

  damage(at: number): void {
    const { links, addresses, routes, neighbours, forwarding } = this.kernel.host;
    const ours = this.kernel.ours();
    const victim = ours[at % Math.max(1, ours.length)] ?? "";
    if (links.has(victim)) this.kernel.host.removeLink(victim);
    else for (const set of [addresses, routes, neighbours, forwarding]) set.delete(victim);
  }

  state(): unknown {
    return {
      ours: this.kernel.ours().toSorted(),
      rules: this.kernel.host.rules,
      sysctls: [...this.kernel.host.settings].sort(),
    };
  }
}

describe("network reconciliation", () => {
  it("ends in a state that depends on tables and tasks only, whatever happened before", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 12 }), anyTable, async (steps, table) => {
        const world = new World();
        await world.take({ kind: "apply", table: world.table });
        for (const step of steps) await world.take(step);
        await world.take({ kind: "apply", table });
        await world.network.repair();

        const fresh = new World();
        await fresh.take({ kind: "apply", table });
        for (const number of world.attached) await fresh.take({ kind: "attach", number });
        assert.deepEqual(world.state(), fresh.state());
        assert.deepEqual(await world.network.repair(), [], "a second repair finds nothing");

        await world.network.teardown();
        assert.deepEqual(world.kernel.ours(), [], "nothing is left");
      }),
      { numRuns: 150 },
    );
  });
});
