import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { systemNetworkNamespaces } from "../../worker/ports/system-network-kernel.ts";
import { MemoryNetworkNamespaces } from "../support/memory-network-kernel.ts";
import { networkKernelContract } from "./network-kernel-contract.ts";

const directory = mkdtempSync(join(tmpdir(), "swarm-kernel-"));
after(() => rmSync(directory, { recursive: true, force: true }));

networkKernelContract("Linux", systemNetworkNamespaces(), directory);
networkKernelContract("in memory", new MemoryNetworkNamespaces(), "/netns");

test("Linux tells of chains of others that drop what they do not allow, each hook apart", async () => {
  const path = join(directory, "walled");
  const namespaces = systemNetworkNamespaces();
  await namespaces.make(path);
  const kernel = await namespaces.open(path);
  try {
    const chain = (hook: string, policy: string): string =>
      `add chain inet wall ${hook} { type filter hook ${hook} priority 0; policy ${policy}; }`;
    const chains = [chain("input", "drop"), chain("forward", "accept"), chain("output", "drop")];
    await kernel.loadRules(["add table inet wall", ...chains, ""].join("\n"), null);
    assert.deepEqual(await kernel.drops("input", "swarm"), ["inet wall input"]);
    assert.deepEqual(await kernel.drops("forward", "swarm"), []);
    assert.deepEqual(await kernel.drops("input", "wall"), []);
    assert.equal(await kernel.hasRules({ family: "inet", name: "wall" }), true);
    assert.equal(await kernel.hasRules({ family: "ip", name: "wall" }), false);
  } finally {
    kernel.close();
    await namespaces.remove(path);
  }
});
