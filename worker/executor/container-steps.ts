import { SwarmError } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import { ALL_CAPABILITIES } from "../../shared/linux/capabilities.ts";
import type { Logger } from "../../shared/log.ts";
import type { ContainerStep } from "../../shared/rpc/gen/objects.ts";
import { visible } from "../../shared/visible-text.ts";
import { imageLines } from "../images/image-lines.ts";
import type { RootedTrees } from "../ports/rooted-tree.ts";
import { containerPaths } from "../runtime/container-paths.ts";
import type { OciProcess } from "../runtime/oci-config.ts";
import { type ContainerUser, resolveUser } from "../runtime/users.ts";
import { ProcessInside, type ProcessInsideParts } from "./process-inside.ts";

/** A step that takes longer has come to nothing: a migration of a large database takes hours, not a day. */
export const STEP_MS_MAX = 24 * 60 * 60 * 1000;
/** What of a failed step's output stands in its task's error: the last lines, and of those so many characters. */
const LINES_SHOWN_MAX = 3;
const LINES_CHARACTERS_MAX = 400;

export interface ContainerStepsParts extends ProcessInsideParts {
  readonly trees: RootedTrees;
  readonly log: Logger;
  /** What a container can have here at most. */
  readonly hostCapabilities: ReadonlySet<string>;
}

/** What steps are called in sentences. */
export type StepName = "init step" | "post-start step" | "pre-stop step";

/** Which of a container's steps to run, and how long they may take together. */
export interface StepsOrder {
  readonly name: StepName;
  readonly steps: readonly ContainerStep[];
  readonly timeoutMs: number;
  /** Its first process, which is not necessarily its own command yet. */
  readonly pid: number;
}

/** Runs commands in a container at the turns of its life, one after the other. */
export class ContainerSteps {
  readonly #parts: ContainerStepsParts;
  readonly #inside: ProcessInside;

  constructor(parts: ContainerStepsParts) {
    this.#parts = parts;
    this.#inside = new ProcessInside(parts);
  }

  /**
   * Resolves when all have ended well. `onProgress` gets "init step 1 of 2".
   * @throws SwarmError failedPrecondition naming the one that did not, with the last it wrote; the signal's reason.
   */
  async run(
    key: ContainerKey,
    { name, steps, timeoutMs, pid }: StepsOrder,
    signal: AbortSignal,
    onProgress: (message: string) => void,
  ): Promise<void> {
    const { shared, clock } = this.#parts;
    if (steps.length === 0) return;
    const { step: processFile, stepPidFile: pidFile } = containerPaths(shared, key);
    await this.#inside.killLeft(key, pidFile);
    const endMs = clock.now() + timeoutMs;
    const all = ALL_CAPABILITIES.filter((capability) => this.#parts.hostCapabilities.has(capability));
    for (const [at, step] of steps.entries()) {
      const which = `${name} ${at + 1} of ${steps.length}`;
      onProgress(which);
      const user = step.user === "" ? null : await this.#userOf(pid, step.user);
      const change = (own: OciProcess): OciProcess => stepProcess(own, step, user, all);
      const leftMs = Math.max(1, endMs - clock.now());
      const end = await this.#inside.run(key, { processFile, pidFile, change, timeoutMs: leftMs }, signal);
      signal.throwIfAborted();
      if (end.kind === "cut") throw new SwarmError("failedPrecondition", `${which} failed: ${end.why}`);
      if (end.exitCode !== 0) {
        throw new SwarmError("failedPrecondition", `${which} failed (exit code ${end.exitCode})${said(end.output)}`);
      }
    }
  }

  /** The same where a failure changes nothing: it is noted. */
  async tryRun(key: ContainerKey, order: StepsOrder, signal: AbortSignal): Promise<void> {
    try {
      await this.run(key, order, signal, () => {});
    } catch (error) {
      signal.throwIfAborted();
      this.#parts.log.warn("a step of a container failed", { container: key, error: String(error) });
    }
  }

  /** As the container's own files have it now. */
  async #userOf(pid: number, spec: string): Promise<ContainerUser> {
    // Not the link itself, which the kernel would not follow here, but what is there.
    await using tree = await this.#parts.trees.open(`/proc/${pid}/root/.`);
    return await resolveUser(spec, [], imageLines(tree, "/etc/passwd"), () => imageLines(tree, "/etc/group"));
  }
}

/** The container's own process with another command, and what the step says on top. */
export function stepProcess(
  own: OciProcess,
  step: ContainerStep,
  user: ContainerUser | null,
  allCapabilities: readonly string[],
): OciProcess {
  const names = allCapabilities;
  const rights = { bounding: names, effective: names, permitted: names, inheritable: names };
  const keyOf = (line: string): string => line.slice(0, line.indexOf("="));
  const given = new Set(step.env.map(keyOf));
  const home = user === null || given.has("HOME") ? [] : [`HOME=${user.home}`];
  const replaced = new Set([...given, ...home.map(keyOf)]);
  return {
    ...own,
    terminal: false,
    args: step.command,
    env: [...own.env.filter((line) => !replaced.has(keyOf(line))), ...home, ...step.env],
    cwd: step.dir === "" ? own.cwd : step.dir,
    ...(user === null
      ? {}
      : { user: { ...own.user, uid: user.uid, gid: user.gid, additionalGids: user.additionalGids } }),
    ...(step.privileged ? { capabilities: rights, noNewPrivileges: false } : {}),
  };
}

/** ": one / two / three" of what a program wrote last; "" if nothing. */
function said(output: string): string {
  const lines = output.split("\n").map((line) => line.trim());
  const last = lines.filter((line) => line !== "").slice(-LINES_SHOWN_MAX);
  return last.length === 0 ? "" : `: ${visible(last.join(" / ").slice(-LINES_CHARACTERS_MAX))}`;
}
