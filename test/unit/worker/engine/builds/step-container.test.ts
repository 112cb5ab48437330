import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BuildHeader } from "../../../../../shared/rpc/gen/images.ts";
import { stepContainer } from "../../../../../worker/engine/builds/step-container.ts";
import { createContainerSpec, createTaskSpec } from "../../../../support/objects.ts";

const asked = (part: Partial<BuildHeader>) => stepContainer({ step: null, network: "", hosts: [], ...part });

describe("the container of a build's steps", () => {
  it("has the limits that a build can have", () => {
    const limits = { nanoCpus: 0, memoryBytes: 64 << 20, pids: 0, generic: [] };
    const ulimits = [{ name: "nofile", soft: 1, hard: 2 }];
    const controls = { cpuShares: 5, cpuPeriodUs: 0, cpuQuotaUs: 2_000, cpusetCpus: "0", cpusetMems: "" };
    const container = createContainerSpec({ ulimits, shmSizeBytes: 9 });
    const step = createTaskSpec({ container, limits, swapBytes: -1, controls: controls as never });
    const { task } = asked({ step, hosts: ["a:1.2.3.4", "b=host-gateway"] });
    assert.deepEqual(task?.limits, limits);
    assert.equal(task?.swapBytes, -1);
    assert.equal(task?.controls?.cpuQuotaUs, 2_000);
    assert.deepEqual(task?.container?.ulimits, ulimits);
    assert.equal(task?.container?.shmSizeBytes, 9);
    assert.deepEqual(task?.container?.hosts, ["1.2.3.4 a", "host-gateway b"]);
  });

  it("is never more than a container, whatever is asked for", () => {
    const container = createContainerSpec({
      ...{ privileged: true, capabilityAdd: ["ALL"], pidMode: "host", ipcMode: "host", cgroupParent: "/" },
      ...{ seccomp: { mode: "UNCONFINED", profile: "" }, unconfinedPaths: true, writableCgroups: true, init: true },
      ...{ mounts: [{ type: "BIND", source: "/", target: "/host" } as never], runtime: "other", oomScoreAdj: -900 },
    });
    assert.deepEqual(asked({ step: createTaskSpec({ container }) }), asked({}));
  });

  for (const [network, why] of [
    ["container:x", /a build has a network of its own/],
    ["host", null],
    ["none", null],
    ["bridge", null],
    ["mine", null],
  ] as const) {
    it(`${why === null ? "may be" : "cannot be"} on network ${network}`, () => {
      if (why === null) assert.equal(asked({ network }).network, network);
      else assert.throws(() => asked({ network }), { code: "invalidArgument", message: why });
    });
  }

  for (const [what, part] of [
    ["a host without an address", { hosts: ["a"] }],
    ["a memory limit below what a process needs", { step: limited({ memoryBytes: 1_000 }) }],
    ["a ulimit that does not exist", { step: withUlimit("foo") }],
    ["swap without memory", { step: createTaskSpec({ swapBytes: 5 }) }],
  ] as const) {
    it(`is refused with ${what}`, () => {
      assert.throws(() => asked(part), { code: "invalidArgument" });
    });
  }
});

function limited({ memoryBytes }: { memoryBytes: number }) {
  return createTaskSpec({ limits: { nanoCpus: 0, memoryBytes, pids: 0, generic: [] } });
}

function withUlimit(name: string) {
  return createTaskSpec({ container: createContainerSpec({ ulimits: [{ name, soft: 1, hard: 1 }] }) });
}
