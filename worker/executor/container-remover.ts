import { messageOf } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import { SIGKILL } from "../../shared/linux/signals.ts";
import type { Logger } from "../../shared/log.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { LogKeeper } from "../logs/log-keeper.ts";
import type { LogSender } from "../logs/log-sender.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { ContainerPlaces } from "../ports/host-network.ts";
import type { ProcessIdentity, ProcessTable } from "../ports/process-table.ts";
import { type ContainerPaths, containerPaths, type SharedPaths } from "../runtime/container-paths.ts";
import type { DirectoryLimits } from "../runtime/directory-limits.ts";
import type { OciRuntime } from "../runtime/oci-runtime.ts";
import type { Volumes } from "../volumes/volumes.ts";
import type { ContainerFacts } from "./container-facts.ts";
import type { ContainerGroups } from "./container-groups.ts";
import type { ContainerRecord } from "./container-record.ts";
import type { ContainerRecords } from "./container-records.ts";
import type { ExitWatch } from "./exit-watch.ts";
import type { KeyedLock } from "./keyed-lock.ts";

export interface ContainerRemoverParts {
  readonly shared: SharedPaths;
  readonly files: HostFiles;
  readonly processes: ProcessTable;
  readonly clock: Clock;
  readonly log: Logger;
  readonly network: ContainerPlaces;
  readonly volumes: Volumes;
  /** Of containers' changed files. */
  readonly limits: DirectoryLimits;
  readonly runtime: OciRuntime;
  readonly records: ContainerRecords;
  readonly exits: ExitWatch;
  readonly facts: ContainerFacts;
  readonly groups: ContainerGroups;
  readonly logs: LogKeeper;
  readonly sender: LogSender;
  /** Whoever makes containers holds it as well. */
  readonly volumeLock: KeyedLock;
}

/** A monitor ends right after its container; after this time it is killed. */
const MONITOR_END_WAIT_MS = 2_000;
const MONITOR_END_POLL_MS = 10;

/** Removes containers from the host: scarce resources as soon as they end, the rest when the container goes. */
export class ContainerRemover {
  readonly #parts: ContainerRemoverParts;

  constructor(parts: ContainerRemoverParts) {
    this.#parts = parts;
  }

  /**
   * Gives back the network, cgroups and mounted volumes of a container that has ended, once: a successor may need the
   * same host port. Never rejects; `clear` tries again, and how the task ended must be told all the same.
   */
  async release(key: ContainerKey): Promise<void> {
    const { records, network, runtime, log, facts, logs } = this.#parts;
    facts.forget(key);
    await logs.forget(key);
    if (records.get(key)?.isReleased !== false) return;
    try {
      await Promise.all([network.detach(key), runtime.delete(key), this.#releaseVolumes(key)]);
      const record = records.get(key);
      if (record !== null) await records.put({ ...record, isReleased: true });
    } catch (error) {
      log.warn("cannot release what a container used", { container: key, error: messageOf(error) });
    }
  }

  /**
   * After making a container failed or was interrupted: an interrupted launch may have got as far as a container that
   * is waiting to be started. Never rejects; files stay for `clear`, which tries again.
   */
  async abandon(key: ContainerKey): Promise<void> {
    const { records, network, log } = this.#parts;
    records.forget(key);
    const undone = await Promise.allSettled([
      this.#endProcesses(key, containerPaths(this.#parts.shared, key)),
      network.detach(key),
      this.#releaseVolumes(key),
    ]);
    for (const outcome of undone) {
      if (outcome.status === "rejected")
        log.warn("a container could not be made, and something of it is left", {
          container: key,
          error: messageOf(outcome.reason),
        });
    }
  }

  /** Leaves nothing of a task, whatever state it is in, even half made. */
  async clear(key: ContainerKey, { keepVolumes = false } = {}): Promise<void> {
    const { files, facts, exits, groups, limits, logs, network, records, sender, volumes } = this.#parts;
    const paths = containerPaths(this.#parts.shared, key);
    const places = [paths.state, paths.data, paths.exit, paths.oci];
    const kinds = await Promise.all(places.map((path) => files.kindOf(path)));
    const hasFiles = kinds.some((kind) => kind !== null);
    if (hasFiles) await this.#endProcesses(key, paths);
    await groups.clear(key, records.get(key)?.cgroupParent || undefined);
    // Even without files: a daemon may have died between attaching it and making its directories.
    await network.detach(key);
    await Promise.all([logs.forget(key), sender.forget(key)]);
    await this.#releaseVolumes(key);
    if (hasFiles) {
      exits.giveUp(key);
      await Promise.all([
        limits.removing(paths.upper, () => files.remove(paths.data)),
        keepVolumes ? undefined : volumes.removeAnonymous(key, (name) => isBorrowed(records.all(), key, name)),
        files.remove(paths.exit),
        // A runtime that is not installed any more has left it.
        files.remove(paths.oci),
      ]);
      // Last, so that what a crash in between leaves is found again.
      await files.remove(paths.state);
    }
    facts.forget(key);
    records.forget(key);
  }

  /**
   * Leaves of a container that has ended only what the next start goes on with: changed files, log, anonymous volumes.
   * Whatever of it still runs is ended.
   */
  async renew(key: ContainerKey): Promise<void> {
    const { files, facts, exits, groups, logs, network, records, sender } = this.#parts;
    const paths = containerPaths(this.#parts.shared, key);
    await this.#endProcesses(key, paths);
    await groups.clear(key);
    await network.detach(key);
    await Promise.all([logs.forget(key), sender.forget(key)]);
    await this.#releaseVolumes(key);
    exits.giveUp(key);
    await files.remove(paths.exit);
    await files.remove(paths.state);
    facts.forget(key);
    records.forget(key);
  }

  async #releaseVolumes(key: ContainerKey): Promise<void> {
    const { volumes, volumeLock } = this.#parts;
    for (const name of await volumes.mountedFor(key)) {
      await volumeLock.run(name, () => volumes.release(name, key));
    }
  }

  async #endProcesses(key: ContainerKey, paths: ContainerPaths): Promise<void> {
    const { processes, runtime, records } = this.#parts;
    if (records.get(key)?.isReleased !== true) {
      // An earlier daemon may have died during the launch; what it started must not keep running unnoticed.
      const launch = await this.#processOf(paths.launchPidFile, key);
      if (launch !== null) await processes.kill(launch, SIGKILL);
      await runtime.delete(key);
    }
    await this.#awaitMonitor(key, paths);
  }

  async #awaitMonitor(key: ContainerKey, paths: ContainerPaths): Promise<void> {
    const { clock, processes } = this.#parts;
    const untilMs = clock.now() + MONITOR_END_WAIT_MS;
    for (;;) {
      const monitor = await this.#processOf(paths.monitorPidFile, key);
      if (monitor === null) return;
      if (clock.now() > untilMs) await processes.kill(monitor, SIGKILL);
      await sleep(clock, MONITOR_END_POLL_MS, "executor/monitor end");
    }
  }

  /** The process whose number is in the file, if it still is one of this task's. */
  async #processOf(pidFile: string, key: ContainerKey): Promise<ProcessIdentity | null> {
    const { files, processes } = this.#parts;
    const pid = Number((await files.readText(pidFile)) ?? 0);
    if (!(pid > 0)) return null;
    const found = await processes.identify(pid);
    if (found === null) return null;
    return (await processes.commandLine(pid)).some((word) => word.includes(key)) ? found : null;
  }
}

/** Another container has a volume that was made for this one. */
function isBorrowed(records: readonly ContainerRecord[], key: ContainerKey, volume: string): boolean {
  return records.some((record) => record.key !== key && record.volumes.includes(volume));
}
