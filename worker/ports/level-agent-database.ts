import { chmod, mkdir } from "node:fs/promises";
import { type BatchOperation, Level } from "level";
import { parseTask } from "../../shared/objects/parse.ts";
import { codecs } from "../../shared/rpc/schema.ts";
import type { AgentChange, AgentDatabase, StoredAgent } from "./agent-database.ts";
import type { GossipFacts } from "./host-membership.ts";

const NODE_KEY = "node";
const MANAGERS_KEY = "managers";
const GOSSIP_KEY = "gossip";
const TASK_PREFIX = "task/";
const NETWORK_PREFIX = "network/";
/** It holds the gossip keys: nobody but root reads it. */
const DIRECTORY_MODE = 0o700;
/** After every key of a prefix: ids are plain ASCII. */
const END = "~";

type Operation = BatchOperation<Level<string, Uint8Array>, string, Uint8Array>;

/** The worker's memory in LevelDB; keys `node`, `managers`, `gossip`, `task/ID`, `network/ID`. */
export class LevelAgentDatabase implements AgentDatabase {
  readonly #db: Level<string, Uint8Array>;

  private constructor(db: Level<string, Uint8Array>) {
    this.#db = db;
  }

  /** Opens or makes the database in `directory`. @throws when it cannot be opened, for one because it is open. */
  static async open(directory: string): Promise<LevelAgentDatabase> {
    await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
    await chmod(directory, DIRECTORY_MODE);
    const db = new Level<string, Uint8Array>(directory, { valueEncoding: "view" });
    await db.open();
    return new LevelAgentDatabase(db);
  }

  async load(): Promise<StoredAgent> {
    const nodeId = await this.#db.get(NODE_KEY);
    const managers = await this.#db.get(MANAGERS_KEY);
    const gossip = await this.#db.get(GOSSIP_KEY);
    const tasks = await this.#values(TASK_PREFIX);
    const networks = await this.#values(NETWORK_PREFIX);
    return {
      nodeId: nodeId === undefined ? null : toText(nodeId),
      managers: managers === undefined ? [] : toText(managers).split("\n").filter(Boolean),
      tasks: tasks.map((bytes) => parseTask(codecs.task.decode(bytes))),
      networks: networks.map((bytes) => codecs.networkTable.decode(bytes)),
      gossip: gossip === undefined ? null : decodeGossip(toText(gossip)),
    };
  }

  async write(change: AgentChange): Promise<void> {
    const operations: Operation[] = [];
    const put = (key: string, value: Uint8Array): void => void operations.push({ type: "put", key, value });
    const remove = (key: string): void => void operations.push({ type: "del", key });
    if (change.nodeId !== undefined) put(NODE_KEY, fromText(change.nodeId));
    if (change.managers !== undefined) put(MANAGERS_KEY, fromText(change.managers.join("\n")));
    if (change.gossip !== undefined) put(GOSSIP_KEY, fromText(encodeGossip(change.gossip)));
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

function encodeGossip({ keys, addresses }: GossipFacts): string {
  return JSON.stringify({ ...keys, keys: keys.keys.map((key) => Buffer.from(key).toString("base64")), addresses });
}

/** What does not read as facts is as good as none: the leader tells them again. */
function decodeGossip(text: string): GossipFacts | null {
  try {
    const { keys, generation, rotatedAtMs, addresses } = JSON.parse(text) as StoredGossip;
    return { keys: { keys: keys.map((key) => Buffer.from(key, "base64")), generation, rotatedAtMs }, addresses };
  } catch {
    return null;
  }
}

interface StoredGossip {
  readonly keys: readonly string[];
  readonly generation: number;
  readonly rotatedAtMs: number;
  readonly addresses: readonly string[];
}

function fromText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function toText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
