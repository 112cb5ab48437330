import { messageOf } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { ProcessTable } from "../ports/process-table.ts";
import { containerPaths, type SharedPaths } from "../runtime/container-paths.ts";
import type { OciProcess } from "../runtime/oci-config.ts";
import { parseExact } from "../runtime/oci-json.ts";
import type { OciRuntime } from "../runtime/oci-runtime.ts";
import { killFamily } from "./kill-family.ts";

export interface ProcessInsideParts {
  readonly shared: SharedPaths;
  readonly files: HostFiles;
  readonly processes: ProcessTable;
  readonly clock: Clock;
  readonly runtime: OciRuntime;
}

export interface InsideRequest {
  /** Where the runtime finds what to run, and leaves its number. */
  readonly processFile: string;
  readonly pidFile: string;
  /** What is to run, made of what the container itself runs. */
  readonly change: (own: OciProcess) => OciProcess;
  readonly timeoutMs: number;
}

/** How it ended: by itself, or not, and then why in a few words. */
export type InsideEnd =
  | { readonly kind: "exited"; readonly exitCode: number; readonly output: string }
  | { readonly kind: "cut"; readonly why: string };

/** How long a killed process may take to be gone; after that the runtime's own process is killed, too. */
const END_GRACE_MS = 1_000;

/** Runs a further process in a container to its end, with the container's own user, environment and rights. */
export class ProcessInside {
  readonly #parts: ProcessInsideParts;

  constructor(parts: ProcessInsideParts) {
    this.#parts = parts;
  }

  /**
   * One that has not ended in time, or that is no longer wanted, is killed with everything it started. What one that
   * ended by itself left running stays, as in Docker. Never rejects; resolves soon after the time, whatever it does.
   */
  async run(key: ContainerKey, request: InsideRequest, signal: AbortSignal): Promise<InsideEnd> {
    const { shared, files, clock } = this.#parts;
    const { processFile, pidFile, timeoutMs } = request;
    const { process } = containerPaths(shared, key);
    let reason: string | null = null;
    const forced = new AbortController();
    using resources = new DisposableStack();
    // First the process, then the runtime's own, separately: the other way round nobody would be left to reap it.
    const end = (why: string): void => {
      if (reason !== null) return;
      reason = why;
      resources.use(clock.schedule(END_GRACE_MS, "executor: kill inside", () => forced.abort(new Error(why))));
      this.#kill(pidFile).catch(() => {});
    };
    const onAbort = (): void => end("nobody waits for it any more");
    const cut = (why: string): InsideEnd => ({ kind: "cut", why });
    try {
      signal.throwIfAborted();
      const own = parseExact(mustHave(await files.readText(process), process)) as OciProcess;
      // The last one's number may be another process's by now.
      await files.remove(pidFile);
      await files.writeText(processFile, JSON.stringify(request.change(own)));
      signal.addEventListener("abort", onAbort, { once: true });
      resources.defer(() => signal.removeEventListener("abort", onAbort));
      resources.use(clock.schedule(timeoutMs, "executor: inside", () => end(`it did not end within ${timeoutMs} ms`)));
      const { exitCode, output } = await this.#parts.runtime.exec(
        key,
        { processFile, pidFile },
        timeoutMs + 2 * END_GRACE_MS,
        forced.signal,
      );
      return reason === null ? { kind: "exited", exitCode, output } : cut(reason);
    } catch (error) {
      await this.#kill(pidFile).catch(() => {});
      return cut(reason ?? messageOf(error));
    }
  }

  /** Kills what an earlier daemon has left running, if the number is still that of a process in the container. */
  async killLeft(key: ContainerKey, pidFile: string): Promise<void> {
    const pid = Number((await this.#parts.files.readText(pidFile)) ?? 0);
    const groups = pid > 0 ? ((await this.#parts.files.readText(`/proc/${pid}/cgroup`)) ?? "") : "";
    if (groups.includes(key)) await this.#kill(pidFile);
  }

  /** Killing the runtime's own process does not reach those in the container. */
  async #kill(pidFile: string): Promise<void> {
    const { files, processes } = this.#parts;
    await killFamily(processes, Number((await files.readText(pidFile)) ?? 0));
  }
}
