import { messageOf } from "../../shared/errors.ts";
import type { ContainerKey } from "../../shared/ids.ts";
import type { Logger } from "../../shared/log.ts";
import { isContainerKey } from "../../shared/objects/container-id.ts";
import type { ImageUser } from "../images/image-keeper.ts";
import type { HostFiles } from "../ports/host-files.ts";
import { containerPaths, type SharedPaths } from "../runtime/container-paths.ts";
import { type ContainerRecord, formatRecord, parseRecord } from "./container-record.ts";
import { KeyedLock } from "./keyed-lock.ts";

/** The records of this host's containers: in memory for reading, in the run directory for a daemon that returns. */
export class ContainerRecords {
  readonly #shared: SharedPaths;
  readonly #files: HostFiles;
  readonly #records = new Map<ContainerKey, ContainerRecord>();
  readonly #writing = new KeyedLock();

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
    const names = (await files.list(shared.states)).filter(isContainerKey);
    await Promise.all(
      names.map(async (key) => {
        const text = await files.readText(containerPaths(shared, key).record);
        try {
          if (text !== null) records.#records.set(key, parseRecord(text));
        } catch (error) {
          log.warn("ignoring a container's record", { container: key, error: messageOf(error) });
        }
      }),
    );
    return records;
  }

  get(key: ContainerKey): ContainerRecord | null {
    return this.#records.get(key) ?? null;
  }

  all(): readonly ContainerRecord[] {
    return [...this.#records.values()];
  }

  /** Whose image is whose. */
  imageUsers(): readonly ImageUser[] {
    return this.all().map(({ imageId, name, isReleased }) => ({ imageId, name, isRunning: !isReleased }));
  }

  async put(record: ContainerRecord): Promise<void> {
    const { key } = record;
    this.#records.set(key, record);
    // Of two at a time the file has the last.
    await this.#writing.run(key, async () => {
      const newest = this.#records.get(key);
      if (newest !== undefined)
        await this.#files.writeText(containerPaths(this.#shared, key).record, formatRecord(newest));
    });
  }

  /** Only in memory; the file is removed with its directory. */
  forget(key: ContainerKey): void {
    this.#records.delete(key);
  }

  /**
   * Every task that has anything here: a directory, with or without a record, a container of the runtime, an exit code.
   */
  async found(): Promise<readonly ContainerKey[]> {
    const { states, containers, oci, exits } = this.#shared;
    const lists = await Promise.all([states, containers, oci, exits].map((path) => this.#files.list(path)));
    return [...new Set(lists.flat().filter(isContainerKey))].sort();
  }
}
