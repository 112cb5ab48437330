import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ContainerKey } from "../../../../shared/ids.ts";
import { CompiledFilters } from "../../../../worker/runtime/compiled-filters.ts";
import { MemoryHostFiles } from "../../../support/memory-host-files.ts";

const KEY = "k".repeat(25) as ContainerKey;
const FILTER = "16 bytes of BPF.";
const ENCODED = Buffer.from(FILTER).toString("base64");
const ORDER = "run.oci.seccomp_bpf_data";

const config = (names: readonly string[]): Readonly<Record<string, unknown>> => ({
  annotations: { a: "b" },
  linux: { seccomp: { defaultAction: "SCMP_ACT_ERRNO", syscalls: [{ names, action: "SCMP_ACT_ALLOW" }] } },
});

describe("system call filters that crun has compiled", () => {
  const world = async (content: string = FILTER) => {
    const files = new MemoryHostFiles();
    files.put(`/oci/${KEY}/seccomp.bpf`, content);
    const filters = new CompiledFilters("/oci", files);
    assert.deepEqual(filters.applied(config(["read"]), "crun"), config(["read"]), "nothing is known at first");
    await filters.learn(KEY, config(["read"]), "crun");
    return filters;
  };
  const annotations = (filters: CompiledFilters, of: ReturnType<typeof config>, program = "crun"): unknown =>
    filters.applied(of, program)["annotations"];

  it("are given to the next container with the same profile, beside the profile and its own annotations", async () => {
    const filters = await world();
    const applied = filters.applied(config(["read"]), "crun");
    assert.deepEqual(applied, { ...config(["read"]), annotations: { a: "b", [ORDER]: ENCODED } });
  });

  it("and to none with another profile, without one, or of another runtime", async () => {
    const filters = await world();
    assert.deepEqual(annotations(filters, config(["read", "write"])), { a: "b" });
    assert.deepEqual(annotations(filters, { annotations: { a: "b" }, linux: {} }), { a: "b" });
    assert.deepEqual(annotations(filters, config(["read"]), "runc"), { a: "b" });
    assert.deepEqual(annotations(filters, config(["read"]), "/opt/crun"), { a: "b" });
  });

  it("are not learned from what is no filter, nor of a container that has gone", async () => {
    for (const content of ["", "7 bytes", "x".repeat((32 << 10) + 8)]) {
      assert.deepEqual(annotations(await world(content), config(["read"])), { a: "b" }, `${content.length} bytes`);
    }
    const filters = new CompiledFilters("/oci", new MemoryHostFiles());
    await filters.learn(KEY, config(["read"]), "crun");
    assert.deepEqual(annotations(filters, config(["read"])), { a: "b" });
  });

  it("are forgotten once a container could not be made: it may have been for them", async () => {
    const filters = await world();
    filters.forget();
    assert.deepEqual(annotations(filters, config(["read"])), { a: "b" });
  });
});
