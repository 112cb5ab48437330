import type { ContainerKey } from "../../shared/ids.ts";
import { containerPaths } from "../runtime/container-paths.ts";
import type { HealthPlan } from "./health.ts";
import { ProcessInside, type ProcessInsideParts } from "./process-inside.ts";

export interface ProbeResult {
  /** -1 = it did not end by itself. */
  readonly exitCode: number;
  /** What the check wrote, or why it could not be run. */
  readonly output: string;
}

/** As Docker has it. */
const CUT = -1;

/** Runs a container's health check as a further process in it, with its own user, environment and rights. */
export class HealthProbe {
  readonly #parts: ProcessInsideParts;
  readonly #inside: ProcessInside;

  constructor(parts: ProcessInsideParts) {
    this.#parts = parts;
    this.#inside = new ProcessInside(parts);
  }

  /**
   * A check that ends with 0 in time is healthy; any failure to run it is a check that was cut. Resolves soon after the
   * plan's timeout, whatever the check does.
   */
  async run(key: ContainerKey, { args, timeoutMs }: HealthPlan, signal: AbortSignal): Promise<ProbeResult> {
    const { probe, probePidFile } = containerPaths(this.#parts.shared, key);
    const request = { processFile: probe, pidFile: probePidFile, timeoutMs };
    const end = await this.#inside.run(key, { ...request, change: (own) => ({ ...own, args }) }, signal);
    if (end.kind === "exited") return { exitCode: end.exitCode, output: withoutFrame(end.output) };
    return { exitCode: CUT, output: end.why.replace(/^it did not end/, "the check did not end") };
  }
}

/** Standard output and error come with a line's end between them, also where one of them is empty. */
function withoutFrame(output: string): string {
  return output.replace(/^\n|\n$/g, "");
}
