import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { systemNetworkNamespaces } from "../../worker/ports/system-network-kernel.ts";
import { MemoryNetworkNamespaces } from "../support/memory-network-kernel.ts";
import { networkKernelContract } from "./network-kernel-contract.ts";

const directory = mkdtempSync(join(tmpdir(), "swarm-kernel-"));
after(() => rmSync(directory, { recursive: true, force: true }));

networkKernelContract("Linux", systemNetworkNamespaces(), directory);
networkKernelContract("in memory", new MemoryNetworkNamespaces(), "/netns");
