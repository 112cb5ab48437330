import { messageOf } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { ProcessTable } from "../ports/process-table.ts";
import { containerPaths, type SharedPaths } from "../runtime/container-paths.ts";
import { parseExact } from "../runtime/oci-json.ts";
import type { OciRuntime } from "../runtime/oci-runtime.ts";
import type { HealthPlan } from "./health.ts";
import { killFamily } from "./kill-family.ts";

export interface HealthProbeParts {
  readonly shared: SharedPaths;
  readonly files: HostFiles;
  readonly processes: ProcessTable;
  readonly clock: Clock;
  readonly runtime: OciRuntime;
}

/** null = healthy; otherwise the reason, in a few words. */
export type ProbeComplaint = string | null;

/** How long a killed check may take to be gone; after that the runtime's own process is killed, too. */
const END_GRACE_MS = 1_000;

/** Runs a container's health check as a further process in it, with its own user, environment and rights. */
export class HealthProbe {
  readonly #parts: HealthProbeParts;

  constructor(parts: HealthProbeParts) {
    this.#parts = parts;
  }

  /**
   * A check that ends with 0 in time is healthy; any failure to run it counts as unhealthy. A check that has not ended
   * in time, or that is no longer wanted, is killed with everything it started. What a check that ended by itself left
   * running stays, as in Docker. Resolves soon after the plan's timeout, whatever the check does.
   */
  async run(key: ContainerKey, plan: HealthPlan, signal: AbortSignal): Promise<ProbeComplaint> {
    const { shared, files, clock } = this.#parts;
    const { process, probe, probePidFile } = containerPaths(shared, key);
    let reason: ProbeComplaint = null;
    const forced = new AbortController();
    using resources = new DisposableStack();
    // First the check, then the runtime's process, separately: the other way round no process would be left to reap the
    // check.
    const end = (why: string): void => {
      if (reason !== null) return;
      reason = why;
      resources.use(clock.schedule(END_GRACE_MS, "executor/health: kill", () => forced.abort(new Error(why))));
      this.#killCheck(probePidFile).catch(() => {});
    };
    const onAbort = (): void => end("nobody waits for it any more");
    try {
      signal.throwIfAborted();
      const own = parseExact(mustHave(await files.readText(process), process)) as object;
      // The last check's number may be another process's by now.
      await files.remove(probePidFile);
      await files.writeText(probe, JSON.stringify({ ...own, args: plan.args }));
      signal.addEventListener("abort", onAbort, { once: true });
      resources.defer(() => signal.removeEventListener("abort", onAbort));
      const late = `the check did not end within ${plan.timeoutMs} ms`;
      resources.use(clock.schedule(plan.timeoutMs, "executor/health: timeout", () => end(late)));
      const exitCode = await this.#parts.runtime.exec(
        key,
        { processFile: probe, pidFile: probePidFile },
        plan.timeoutMs + 2 * END_GRACE_MS,
        forced.signal,
      );
      return reason ?? (exitCode === 0 ? null : `the check ended with exit code ${exitCode}`);
    } catch (error) {
      await this.#killCheck(probePidFile).catch(() => {});
      return reason ?? messageOf(error);
    }
  }

  /** Killing the runtime's own process does not reach those in the container. */
  async #killCheck(pidFile: string): Promise<void> {
    const { files, processes } = this.#parts;
    await killFamily(processes, Number((await files.readText(pidFile)) ?? 0));
  }
}
