import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import fc from "fast-check";
import { silentLogger } from "../../../../shared/log.ts";
import type { NetworkEndpoint, NetworkTable } from "../../../../shared/rpc/gen/dispatcher.ts";
import type { ConnectionPattern } from "../../../../worker/netlink/connections.ts";
import { Forgetting } from "../../../../worker/network/forgetting.ts";
import { KernelNetwork } from "../../../../worker/network/kernel-network.ts";
import { remembered } from "../../../../worker/network/remembered.ts";
import { changeLines, orderedTable } from "../../../../worker/ports/table-lines.ts";
import { FakeHostNetwork } from "../../../support/fake-host-network.ts";
import { hostOf, ingressTable, networkTask, nodeIdOf, port, taskIdOf } from "../../../support/network-objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const hosts = [hostOf(1), hostOf(2), hostOf(3)];
const TASKS = 6;

describe("a host that follows changes of its table one by one", () => {
  const changes = fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant("put" as const),
        task: fc.integer({ min: 0, max: TASKS - 1 }),
        host: fc.constantFrom(1, 2, 3),
        address: fc.integer({ min: 10, max: 20 }),
        state: fc.constantFrom<NetworkEndpoint["state"][]>("PENDING", "READY", "DRAINING"),
      }),
      fc.record({ kind: fc.constant("remove" as const), task: fc.integer({ min: 0, max: TASKS - 1 }) }),
      fc.record({ kind: fc.constant("hosts" as const), known: fc.subarray(hosts.slice(1)) }),
      fc.record({ kind: fc.constant("ports" as const), numbers: fc.subarray([80, 81, 443]) }),
      fc.record({ kind: fc.constant("attach" as const), task: fc.constantFrom("plain1", "plain2") }),
      fc.record({ kind: fc.constant("detach" as const), task: fc.constantFrom("plain1", "plain2") }),
      fc.constant({ kind: "damage" as const }),
    ),
    { maxLength: 12 },
  );
  type Change = (typeof changes extends fc.Arbitrary<infer List> ? List : never) extends readonly (infer One)[]
    ? One
    : never;

  it("has in the end what one has that begins with the last table", async () => {
    await fc.assert(
      fc.asyncProperty(changes, async (steps) => {
        const kernel = new FakeHostNetwork();
        const network = networkOn(kernel);
        let table = orderedTable(ingressTable(hosts));
        await network.apply([table]);
        for (const step of steps) {
          if (step.kind === "attach") await network.attach(networkTask(step.task));
          else if (step.kind === "detach") await network.detach(taskIdOf(step.task));
          else if (step.kind === "damage") await damage(kernel);
          else table = changed(table, step);
          await network.apply([table]);
        }
        // One that remembers nothing finds nothing to do.
        const ours = kernel.ours();
        const rules = kernel.host.rules;
        const fresh = networkOn(kernel);
        await fresh.apply([structuredClone(table)]);
        assert.deepEqual(kernel.ours(), ours);
        assert.deepEqual(elementsOf(kernel.host.rules), elementsOf(rules));
      }),
    );
  });

  async function damage(kernel: FakeHostNetwork): Promise<void> {
    const somebody = kernel.namespaces.own();
    const { routes } = await somebody.observe();
    const [route] = routes.filter(({ via }) => via !== null);
    if (route !== undefined) await somebody.change([{ kind: "removeRoute", route }]);
    somebody.close();
  }

  function changed(table: NetworkTable, step: Change): NetworkTable {
    switch (step.kind) {
      case "put": {
        const tasks = [{ id: taskIdOf(`web${step.task}`), host: hostOf(step.host), state: step.state }];
        const [line] = ingressTable(hosts, { tasks }).endpoints;
        const put = line === undefined ? [] : [{ ...line, address: `10.0.0.${step.address}/24` }];
        return { ...table, endpoints: changeLines("endpoints", table.endpoints, put, []) };
      }
      case "remove":
        return { ...table, endpoints: changeLines("endpoints", table.endpoints, [], [taskIdOf(`web${step.task}`)]) };
      case "hosts":
        return orderedTable({ ...table, hosts: ingressTable([hostOf(1), ...step.known]).hosts });
      case "ports": {
        const ports = step.numbers.map((number) => port("TCP", number, 8080));
        return { ...table, services: table.services.map((service) => ({ ...service, ports })) };
      }
      default:
        return table;
    }
  }

  function networkOn(kernel: FakeHostNetwork): KernelNetwork {
    const dependencies = { namespaces: kernel.namespaces, files: kernel, clock: new VirtualClock(), log: silentLogger };
    return new KernelNetwork({ nodeId: nodeIdOf(1) }, dependencies);
  }

  /** In whatever order they came. */
  function elementsOf(rules: unknown): readonly string[] {
    return JSON.stringify(rules, (_, value) =>
      value instanceof Map ? [...value] : value instanceof Set ? [...value].sort() : value,
    )
      .split(/[\s,{}]+|\\n/)
      .sort();
  }
});

describe("what is remembered of an object", () => {
  it("is made once, for as long as the rest of what it depends on is the same", () => {
    let made = 0;
    const derive = remembered((key: { readonly name: string }, prefix: string) => ({
      text: prefix + key.name,
      at: made++,
    }));
    const [a, b] = [{ name: "a" }, { name: "a" }];
    assert.equal(derive(a, "x"), derive(a, "x"));
    assert.notEqual(derive(a, "x"), derive(b, "x"));
    assert.equal(derive(a, "y").text, "ya");
    assert.equal(made, 3);
  });
});

describe("connections that are forgotten beside", () => {
  let answer: PromiseWithResolvers<void>;
  let forgetting: Forgetting;
  const gone: ConnectionPattern = { kind: "backend", address: "10.0.0.12", unanswered: false };
  const kernel = { forgetConnections: (): Promise<void> => answer.promise };

  beforeEach(() => {
    answer = Promise.withResolvers();
    forgetting = new Forgetting();
  });

  it("are waited for only by what comes next, unless their backend drains", async () => {
    await forgetting.begin(kernel, [gone]);
    let isSettled = false;
    const settled = forgetting.settle().then((why) => {
      isSettled = true;
      return why;
    });
    await Promise.resolve();
    assert.equal(isSettled, false);
    answer.resolve();
    assert.deepEqual(await settled, []);
    answer = Promise.withResolvers();
    let hasBegun = false;
    const begun = forgetting.begin(kernel, [gone, { ...gone, unanswered: true }]).then(() => (hasBegun = true));
    await Promise.resolve();
    assert.equal(hasBegun, false);
    answer.resolve();
    await begun;
  });

  it("are told of once when the kernel does not forget them", async () => {
    await forgetting.begin(kernel, [gone]);
    answer.reject(new Error("no answer"));
    assert.deepEqual(await forgetting.settle(), [
      "connections to backends that have gone were not forgotten: no answer",
    ]);
    assert.deepEqual(await forgetting.settle(), []);
  });
});
