import { SwarmError } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import { SIGKILL } from "../../shared/linux/signals.ts";
import { isContainerKey } from "../../shared/objects/container-id.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { CgroupTree } from "../ports/cgroup-tree.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { ProcessTable } from "../ports/process-table.ts";

export interface ContainerGroupsParts {
  readonly cgroups: CgroupTree;
  readonly processes: ProcessTable;
  readonly files: Pick<HostFiles, "readText">;
  readonly clock: Clock;
}

/** A killed process leaves its group at once, unless the kernel holds it for a device. */
const EMPTY_WAIT_MS = 2_000;
const EMPTY_POLL_MS = 10;

/**
 * The control groups of containers, independently of what the OCI runtime knows about them: its notes are in the run
 * directory, and if they are lost for any reason, a container would keep running, or its group remain, with nothing to
 * end it.
 */
export class ContainerGroups {
  readonly #parent: string;
  readonly #containers: string;
  readonly #parts: ContainerGroupsParts;
  #emptyBefore: ReadonlySet<ContainerKey> = new Set();

  /** `parent` is the group that holds them, `containers` the directory of their changed files. */
  constructor(options: { readonly parent: string; readonly containers: string }, parts: ContainerGroupsParts) {
    this.#parent = options.parent;
    this.#containers = options.containers;
    this.#parts = parts;
  }

  /**
   * Tasks whose group somebody should clear, `known` ones left out. Another daemon on this machine may have groups
   * beside ours: a group in which something runs is ours if that has our files as its root, and an empty group has no
   * owner if it was already empty at the last look, because a container that is being made has a process in its group
   * at once.
   */
  async stray(known: (key: ContainerKey) => boolean): Promise<readonly ContainerKey[]> {
    const found = (await this.#parts.cgroups.namesIn(this.#parent)).filter(isContainerKey);
    const stray: ContainerKey[] = [];
    const empty = new Set<ContainerKey>();
    for (const key of found) {
      if (known(key)) continue;
      const pids = await this.#parts.cgroups.processesIn(this.#groupOf(key));
      if (pids.length === 0) empty.add(key);
      const isOurs = pids.length === 0 ? this.#emptyBefore.has(key) : await this.#isOurs(key, pids);
      if (isOurs) stray.push(key);
    }
    this.#emptyBefore = empty;
    return stray;
  }

  /**
   * Kills what is left in a task's group and removes the group; it may be absent.
   * @throws SwarmError internal when something in it does not die.
   */
  async clear(key: ContainerKey, parent = this.#parent): Promise<void> {
    const { cgroups, clock } = this.#parts;
    const group = `${parent}/${key}`;
    const untilMs = clock.now() + EMPTY_WAIT_MS;
    for (;;) {
      const pids = await cgroups.processesIn(group);
      await Promise.all(pids.map((pid) => this.#kill(pid)));
      if (pids.length === 0 && (await cgroups.remove(group))) return;
      if (clock.now() > untilMs) {
        const who = pids.length === 0 ? "is not empty" : `holds processes that do not die: ${pids.join(", ")}`;
        throw new SwarmError("internal", `the control group of task ${key} ${who}`);
      }
      await sleep(clock, EMPTY_POLL_MS, "executor/empty group");
    }
  }

  async #isOurs(key: ContainerKey, pids: readonly number[]): Promise<boolean> {
    const own = `upperdir=${this.#containers}/${key}/`;
    const mounts = await Promise.all(
      pids.map((pid) => this.#parts.files.readText(`/proc/${pid}/mountinfo`).catch(() => null)),
    );
    return mounts.some((text) => text?.includes(own) === true);
  }

  async #kill(pid: number): Promise<void> {
    const found = await this.#parts.processes.identify(pid);
    if (found !== null) await this.#parts.processes.kill(found, SIGKILL);
  }

  #groupOf(key: ContainerKey): string {
    return `${this.#parent}/${key}`;
  }
}
