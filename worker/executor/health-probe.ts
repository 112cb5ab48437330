import type { TaskId } from "../../shared/ids.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { ProcessTable } from "../ports/process-table.ts";
import { containerPaths, type SharedPaths } from "../runtime/container-paths.ts";
import type { OciRuntime } from "../runtime/oci-runtime.ts";
import { SIGKILL } from "../runtime/signals.ts";
import type { HealthPlan } from "./health.ts";

export interface HealthProbeParts {
  readonly shared: SharedPaths;
  readonly files: HostFiles;
  readonly processes: ProcessTable;
  readonly runtime: OciRuntime;
}

/** Runs a container's health check as a further process in it, with its own user, environment and rights. */
export class HealthProbe {
  readonly #parts: HealthProbeParts;

  constructor(parts: HealthProbeParts) {
    this.#parts = parts;
  }

  /** Whether the check ended with 0 in time. Whatever goes wrong with asking counts as not well. */
  async run(taskId: TaskId, plan: HealthPlan, signal: AbortSignal): Promise<boolean> {
    const { shared, files, runtime } = this.#parts;
    const { process, probe, probePidFile } = containerPaths(shared, taskId);
    try {
      const own: object = JSON.parse(mustHave(await files.readText(process), process));
      await files.writeText(probe, JSON.stringify({ ...own, args: plan.args }));
      const exitCode = await runtime.exec(
        taskId,
        { processFile: probe, pidFile: probePidFile },
        plan.timeoutMs,
        signal,
      );
      return exitCode === 0;
    } catch {
      await this.#killLeftOver(probePidFile);
      return false;
    }
  }

  /** The runtime's own process was killed for taking too long, which does not reach the one in the container. */
  async #killLeftOver(pidFile: string): Promise<void> {
    const pid = Number((await this.#parts.files.readText(pidFile)) ?? 0);
    const found = pid > 0 ? await this.#parts.processes.identify(pid) : null;
    if (found !== null) await this.#parts.processes.kill(found, SIGKILL);
  }
}
