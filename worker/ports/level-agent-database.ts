import { type BatchOperation, Level } from "level";
import { parseObject } from "../../shared/objects/parse.ts";
import { codecs } from "../../shared/rpc/schema.ts";
import type { AgentChange, AgentDatabase, StoredAgent } from "./agent-database.ts";

const NODE_KEY = "node";
const MANAGERS_KEY = "managers";
const TASK_PREFIX = "task/";
const NETWORK_PREFIX = "network/";
/** After every key of a prefix: ids are plain ASCII. */
const END = "~";

type Operation = BatchOperation<Level<string, Uint8Array>, string, Uint8Array>;

/** The worker's memory in LevelDB; keys `node`, `managers`, `task/ID`, `network/ID`. */
export class LevelAgentDatabase implements AgentDatabase {
  readonly #db: Level<string, Uint8Array>;

  private constructor(db: Level<string, Uint8Array>) {
    this.#db = db;
  }

  /** Opens or makes the database in `directory`. @throws when it cannot be opened, for one because it is open. */
  static async open(directory: string): Promise<LevelAgentDatabase> {
    const db = new Level<string, Uint8Array>(directory, { valueEncoding: "view" });
    await db.open();
    return new LevelAgentDatabase(db);
  }

  async load(): Promise<StoredAgent> {
    const nodeId = await this.#db.get(NODE_KEY);
    const managers = await this.#db.get(MANAGERS_KEY);
    const tasks = await this.#values(TASK_PREFIX);
    const networks = await this.#values(NETWORK_PREFIX);
    return {
      nodeId: nodeId === undefined ? null : toText(nodeId),
      managers: managers === undefined ? [] : toText(managers).split("\n").filter(Boolean),
      tasks: tasks.map((bytes) => parseObject.task(codecs.task.decode(bytes))),
      networks: networks.map((bytes) => codecs.networkTable.decode(bytes)),
    };
  }

  async write(change: AgentChange): Promise<void> {
    const operations: Operation[] = [];
    const put = (key: string, value: Uint8Array): void => void operations.push({ type: "put", key, value });
    const remove = (key: string): void => void operations.push({ type: "del", key });
    if (change.nodeId !== undefined) put(NODE_KEY, fromText(change.nodeId));
    if (change.managers !== undefined) put(MANAGERS_KEY, fromText(change.managers.join("\n")));
    for (const task of change.putTasks ?? []) put(TASK_PREFIX + task.id, codecs.task.encode(task));
    for (const id of change.removeTaskIds ?? []) remove(TASK_PREFIX + id);
    for (const table of change.putNetworks ?? []) {
      put(NETWORK_PREFIX + (table.network?.id ?? ""), codecs.networkTable.encode(table));
    }
    for (const id of change.removeNetworkIds ?? []) remove(NETWORK_PREFIX + id);
    if (operations.length > 0) await this.#db.batch(operations);
  }

  async wipe(): Promise<void> {
    await this.#db.clear();
  }

  async close(): Promise<void> {
    await this.#db.close();
  }

  async #values(prefix: string): Promise<readonly Uint8Array[]> {
    return await this.#db.values({ gte: prefix, lt: prefix + END }).all();
  }
}

function fromText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function toText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
