/** What the worker's network part takes of a host, in a network namespace of its own. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { type Figure, figure } from "./figure.ts";
import type { NetworkKernelSamples } from "./network-kernel/samples.ts";

const ENDPOINTS = 1_000;

export function measureNetworkKernel(): readonly Figure[] {
  const program = join(import.meta.dirname, "network-kernel/measured.ts");
  const argv = ["--net", "--mount", process.execPath, program, String(ENDPOINTS)];
  const printed = execFileSync("unshare", argv, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const samples = JSON.parse(printed) as NetworkKernelSamples;
  return [
    figure("attach of a task", "ms", 3, samples.attach),
    figure("detach of a task", "ms", 3, samples.detach),
    figure(`one endpoint changed of ${ENDPOINTS}`, "ms", 5, samples.change),
    figure(`look at what the kernel tells, with ${ENDPOINTS}`, "ms", Number.POSITIVE_INFINITY, samples.look),
    figure(`look at everything, with ${ENDPOINTS}`, "ms", Number.POSITIVE_INFINITY, samples.fullLook),
    figure("processor time of 10 s at rest", "ms", 10, samples.rest),
  ];
}
