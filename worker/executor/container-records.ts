import { messageOf } from "../../shared/errors.ts";
import type { TaskId } from "../../shared/ids.ts";
import type { Logger } from "../../shared/log.ts";
import type { HostFiles } from "../ports/host-files.ts";
import { containerPaths, type SharedPaths } from "../runtime/container-paths.ts";
import { type ContainerRecord, formatRecord, parseRecord } from "./container-record.ts";

const TASK_ID = /^[a-z0-9]{25}$/;

/** The records of this host's containers: in memory for reading, in the run directory for a daemon that returns. */
export class ContainerRecords {
  readonly #shared: SharedPaths;
  readonly #files: HostFiles;
  readonly #records = new Map<TaskId, ContainerRecord>();

  private constructor(shared: SharedPaths, files: HostFiles) {
    this.#shared = shared;
    this.#files = files;
  }

  /**
   * Reads what an earlier daemon left; records that make no sense count as half made, and are cleaned up later.
   * @throws what reading a file throws: a container whose record cannot be read now must not be taken for half made.
   */
  static async open(shared: SharedPaths, files: HostFiles, log: Logger): Promise<ContainerRecords> {
    const records = new ContainerRecords(shared, files);
    const names = (await files.list(shared.states)).filter((name) => TASK_ID.test(name)) as TaskId[];
    await Promise.all(
      names.map(async (taskId) => {
        const text = await files.readText(containerPaths(shared, taskId).record);
        try {
          if (text !== null) records.#records.set(taskId, parseRecord(text));
        } catch (error) {
          log.warn("ignoring a container's record", { taskId, error: messageOf(error) });
        }
      }),
    );
    return records;
  }

  get(taskId: TaskId): ContainerRecord | null {
    return this.#records.get(taskId) ?? null;
  }

  all(): readonly ContainerRecord[] {
    return [...this.#records.values()];
  }

  async put(record: ContainerRecord): Promise<void> {
    this.#records.set(record.taskId, record);
    await this.#files.writeText(containerPaths(this.#shared, record.taskId).record, formatRecord(record));
  }

  /** Only in memory; the file is removed with its directory. */
  forget(taskId: TaskId): void {
    this.#records.delete(taskId);
  }

  /**
   * Every task that has anything here: a directory, with or without a record, a container of the runtime, an exit code.
   */
  async found(): Promise<readonly TaskId[]> {
    const { states, containers, oci, exits } = this.#shared;
    const lists = await Promise.all([states, containers, oci, exits].map((path) => this.#files.list(path)));
    return [...new Set(lists.flat().filter((name) => TASK_ID.test(name)))].sort() as TaskId[];
  }
}
