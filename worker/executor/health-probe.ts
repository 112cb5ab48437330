import type { ContainerKey } from "../../shared/ids.ts";
import { containerPaths } from "../runtime/container-paths.ts";
import type { HealthPlan } from "./health.ts";
import { ProcessInside, type ProcessInsideParts } from "./process-inside.ts";

/** null = healthy; otherwise the reason, in a few words. */
export type ProbeComplaint = string | null;

/** Runs a container's health check as a further process in it, with its own user, environment and rights. */
export class HealthProbe {
  readonly #parts: ProcessInsideParts;
  readonly #inside: ProcessInside;

  constructor(parts: ProcessInsideParts) {
    this.#parts = parts;
    this.#inside = new ProcessInside(parts);
  }

  /**
   * A check that ends with 0 in time is healthy; any failure to run it counts as unhealthy. Resolves soon after the
   * plan's timeout, whatever the check does.
   */
  async run(key: ContainerKey, { args, timeoutMs }: HealthPlan, signal: AbortSignal): Promise<ProbeComplaint> {
    const { probe, probePidFile } = containerPaths(this.#parts.shared, key);
    const request = { processFile: probe, pidFile: probePidFile, timeoutMs };
    const end = await this.#inside.run(key, { ...request, change: (own) => ({ ...own, args }) }, signal);
    if (end.kind === "exited") {
      return end.exitCode === 0 ? null : `the check ended with exit code ${end.exitCode}`;
    }
    return end.why.replace(/^it did not end/, "the check did not end");
  }
}
