import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { Level } from "level";
import { messageOf } from "../../shared/errors.ts";
import type { Logger } from "../../shared/log.ts";
import { codecs } from "../../shared/rpc/schema.ts";
import { WholeWrites } from "../../shared/whole-writes.ts";
import type { ContainerBook } from "../../worker/engine/containers/container-book.ts";
import type { LocalNetworkBook } from "../../worker/engine/networks/local-network-book.ts";
import { FatalError } from "../exit-codes.ts";
import { decodeNodeRecord, encodeNodeRecord, type NodeRecord } from "../node-record.ts";
import { HostObjectBook } from "./host-object-book.ts";

const RECORD_KEY = "record";

/**
 * The node's own small database. Opening it also claims the data directory: LevelDB holds a lock that the kernel
 * releases when the process dies, however it dies, so a stale lock file can never keep a host down.
 */
export class NodeDatabase implements AsyncDisposable {
  readonly #db: Level<string, string>;
  readonly #writes: WholeWrites;

  private constructor(db: Level<string, string>) {
    this.#db = db;
    this.#writes = new WholeWrites(db);
  }

  /** @throws FatalError alreadyRunning or dataDir. */
  static async open(dataDir: string): Promise<NodeDatabase> {
    try {
      accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (cause) {
      throw new FatalError("dataDir", `cannot use the data directory ${dataDir}: ${messageOf(cause)}`, { cause });
    }
    const db = new Level<string, string>(join(dataDir, "node"));
    try {
      await db.open();
    } catch (error) {
      const cause =
        error instanceof Error ? (error.cause as { code?: string; message?: string } | undefined) : undefined;
      if (cause?.code === "LEVEL_LOCKED") {
        throw new FatalError("alreadyRunning", `another swarmd is already using the data directory ${dataDir}`, {
          cause: error,
        });
      }
      throw new FatalError(
        "dataDir",
        `cannot open the node database in ${dataDir}: ${cause?.message ?? messageOf(error)}`,
        {
          cause: error,
        },
      );
    }
    return new NodeDatabase(db);
  }

  /** null = this host is in no swarm. @throws FatalError dataDir when it cannot be understood: who this host is. */
  async load(): Promise<NodeRecord | null> {
    try {
      const text = await this.#writes.run(() => this.#db.get(RECORD_KEY));
      return text === undefined ? null : decodeNodeRecord(text);
    } catch (cause) {
      throw new FatalError("dataDir", messageOf(cause), { cause });
    }
  }

  async save(record: NodeRecord): Promise<void> {
    await this.#writes.run(() => this.#db.put(RECORD_KEY, encodeNodeRecord(record), { sync: true }));
  }

  async forget(): Promise<void> {
    await this.#writes.run(() => this.#db.del(RECORD_KEY, { sync: true }));
  }

  /** People's own containers of this host, in or out of a swarm. */
  containers(log: Logger): ContainerBook {
    const kind = { name: "containers", what: "container", codec: codecs.ownContainer };
    return new HostObjectBook({ db: this.#db, writes: this.#writes }, kind, log);
  }

  /** Networks that people of this host made for their own containers, in or out of a swarm. */
  networks(log: Logger): LocalNetworkBook {
    const kind = { name: "networks", what: "network", codec: codecs.localNetwork };
    return new HostObjectBook({ db: this.#db, writes: this.#writes }, kind, log);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writes.idle();
    await this.#db.close();
  }
}
