import assert from "node:assert/strict";
import { test } from "node:test";
import { fromDockerCreate } from "../../../../../shared/docker-shape/container-request.ts";
import { mustHave } from "../../../../../shared/invariant.ts";
import type { UpdateContainerRequest } from "../../../../../shared/rpc/gen/containers.ts";
import type { ResourceControls } from "../../../../../shared/rpc/gen/objects.ts";
import { emptySpec } from "../../../../../shared/service-spec/paths.ts";
import { changedControls, resourcesOf } from "../../../../../worker/engine/containers/limits.ts";

const MIB = 1 << 20;
const EMPTY = mustHave(emptySpec().task?.controls, "empty controls");
const controls = (change: Partial<ResourceControls>): ResourceControls => ({ ...EMPTY, ...change });
const asking = (change: Partial<ResourceControls> | null): UpdateContainerRequest => ({
  ref: "c",
  restart: null,
  controls: change === null ? null : controls(change),
});

test("a change of controls leaves alone what it does not say", () => {
  const before = controls({ cpuShares: 100, cpusetMems: "0", readBps: [{ path: "/dev/a", rate: 1 }] });
  assert.equal(changedControls(before, asking(null)), before);
  assert.deepEqual(changedControls(before, asking({ cpuShares: 512, cpusetCpus: "1" })), {
    ...before,
    cpuShares: 512,
    cpusetCpus: "1",
  });
  assert.deepEqual(changedControls(null, asking({ blkioWeight: 20 })), controls({ blkioWeight: 20 }));
});

test("controls of devices are not changed while a container lives", () => {
  assert.throws(() => changedControls(null, asking({ readBps: [{ path: "/dev/a", rate: 1 }] })), {
    code: "invalidArgument",
    message: /^readBps cannot be changed: make the container again/,
  });
});

test("a change of memory is one of swap as well where the host can limit it: otherwise the old swap would stay", () => {
  const config = fromDockerCreate({ Image: "x", HostConfig: { Memory: 128 * MIB, MemorySwap: 192 * MIB } }, "c");
  const request = { ...asking(null), memoryBytes: 128 * MIB };
  const memory = (canLimitSwap: boolean) =>
    resourcesOf(request, config, { canLimitSwap, canSetSwappiness: false })?.["memory"];
  assert.deepEqual(memory(true), { limit: 128 * MIB, swap: 192 * MIB });
  assert.deepEqual(memory(false), { limit: 128 * MIB });
  assert.equal(resourcesOf(asking(null), config, { canLimitSwap: true, canSetSwappiness: false }), null);
});
