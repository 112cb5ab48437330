import { chmod, mkdir } from "node:fs/promises";
import { type BatchOperation, Level } from "level";
import { messageOf, SwarmError } from "../../shared/errors.ts";
import { parseTask } from "../../shared/objects/parse.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { TextSeal } from "../../shared/pki/key-lock.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { codecs } from "../../shared/rpc/schema.ts";
import { WholeWrites } from "../../shared/whole-writes.ts";
import type { AgentChange, AgentDatabase, StoredAgent, UnreadableRecord } from "./agent-database.ts";
import type { BootMoment } from "./boot-clock.ts";
import type { GossipFacts } from "./host-membership.ts";
import { LINE_KINDS, orderedTable } from "./table-lines.ts";
import { LINE_PREFIX, linesKey, NETWORK_PREFIX, readLine, recordChanges } from "./table-records.ts";

const NODE_KEY = "node";
const MANAGERS_KEY = "managers";
const ERA_KEY = "era";
const GOSSIP_KEY = "gossip";
const HEARD_KEY = "heard";
const TASK_PREFIX = "task/";
/** Before the key that an unreadable record had. Kept until the next start, for whoever looks into it. */
const ASIDE_PREFIX = "aside/";
/** On a host whose keys are not locked. */
const AS_IT_IS: TextSeal = { seal: (_name, text) => text, unseal: (_name, text) => text };
/** It holds the gossip keys: nobody but root reads it. */
const DIRECTORY_MODE = 0o700;
/** After every key of a prefix: ids are plain ASCII. */
const END = "~";

type Operation = BatchOperation<Level<string, Uint8Array>, string, Uint8Array>;

/**
 * The worker's memory in LevelDB; keys `node`, `managers`, `era`, `gossip`, `heard`, `task/ID`, those of tables
 * (table-records.ts), `aside/...`.
 */
export class LevelAgentDatabase implements AgentDatabase {
  readonly #db: Level<string, Uint8Array>;
  readonly #directory: string;
  /** For the gossip keys. */
  readonly #seal: TextSeal;
  /** Tables as they are stored, by network. */
  readonly #tables = new Map<string, NetworkTable>();
  /** One begins when the one before it has ended, since it may build on what that has stored. */
  readonly #writes: WholeWrites;

  private constructor(db: Level<string, Uint8Array>, directory: string, seal: TextSeal) {
    this.#db = db;
    this.#writes = new WholeWrites(db);
    this.#directory = directory;
    this.#seal = seal;
  }

  /** Opens or makes the database in `directory`. @throws SwarmError internal when that fails: damaged, or in use. */
  static async open(directory: string, seal: TextSeal = AS_IT_IS): Promise<LevelAgentDatabase> {
    await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
    await chmod(directory, DIRECTORY_MODE);
    const db = new Level<string, Uint8Array>(directory, { valueEncoding: "view" });
    try {
      await db.open();
    } catch (cause) {
      throw unusable(directory, "opened", cause);
    }
    return new LevelAgentDatabase(db, directory, seal);
  }

  /**
   * The tasks that a worker remembered here, for whoever only wants to show them: changes nothing, and leaves what it
   * cannot read to the next `load`. @throws Error when there is no such database, or it is in use.
   */
  static async tasksIn(directory: string): Promise<readonly Task[]> {
    const db = new Level<string, Uint8Array>(directory, { valueEncoding: "view", createIfMissing: false });
    await db.open();
    try {
      return await new LevelAgentDatabase(db, directory, AS_IT_IS).#tasks([]);
    } finally {
      await db.close();
    }
  }

  async load(): Promise<StoredAgent> {
    try {
      return await this.#writes.run(() => this.#load());
    } catch (cause) {
      throw unusable(this.#directory, "read", cause);
    }
  }

  async #load(): Promise<StoredAgent> {
    const nodeId = await this.#db.get(NODE_KEY);
    const managers = await this.#db.get(MANAGERS_KEY);
    const era = await this.#db.get(ERA_KEY);
    const gossip = await this.#db.get(GOSSIP_KEY);
    const heard = await this.#db.get(HEARD_KEY);
    const unreadable: UnreadableRecord[] = [];
    const tasks = await this.#tasks(unreadable);
    const networks = await this.#loadTables(unreadable);
    await this.#setAside(unreadable);
    return {
      nodeId: nodeId === undefined ? null : toText(nodeId),
      managers: managers === undefined ? [] : toText(managers).split("\n").filter(Boolean),
      era: era === undefined ? 0 : Number(toText(era)),
      tasks,
      networks,
      // Sealed by a lock of the past, it is as good as none.
      gossip: gossip === undefined ? null : decodeGossip(this.#seal.unseal(GOSSIP_KEY, toText(gossip)) ?? ""),
      heard: heard === undefined ? null : decodeHeard(toText(heard)),
      unreadable,
    };
  }

  #tasks(unreadable: UnreadableRecord[]): Promise<readonly Task[]> {
    const parse = (bytes: Uint8Array): Task => parseTask(codecs.task.decode(bytes));
    return this.#objects(TASK_PREFIX, parse, ({ id }) => id, unreadable);
  }

  async write(change: AgentChange): Promise<void> {
    await this.#writes.run(() => this.#write(change));
  }

  async #write(change: AgentChange): Promise<void> {
    const operations: Operation[] = [];
    const put = (key: string, value: Uint8Array): void => void operations.push({ type: "put", key, value });
    const remove = (key: string): void => void operations.push({ type: "del", key });
    if (change.nodeId !== undefined) put(NODE_KEY, fromText(change.nodeId));
    if (change.managers !== undefined) put(MANAGERS_KEY, fromText(change.managers.join("\n")));
    if (change.era !== undefined) put(ERA_KEY, fromText(String(change.era)));
    if (change.gossip !== undefined) {
      put(GOSSIP_KEY, fromText(this.#seal.seal(GOSSIP_KEY, encodeGossip(change.gossip))));
    }
    if (change.heard !== undefined) put(HEARD_KEY, fromText(JSON.stringify(change.heard)));
    for (const task of change.putTasks ?? []) put(TASK_PREFIX + task.id, codecs.task.encode(task));
    for (const id of change.removeTaskIds ?? []) remove(TASK_PREFIX + id);
    const tables = change.putNetworks ?? [];
    for (const table of tables) operations.push(...(await this.#tableChanges(table)));
    for (const id of change.removeNetworkIds ?? []) {
      remove(NETWORK_PREFIX + id);
      for (const key of await this.#lineKeys(id)) remove(key);
    }
    if (operations.length > 0) await this.#db.batch(operations);
    for (const table of tables) this.#tables.set(table.network?.id ?? "", table);
    for (const id of change.removeNetworkIds ?? []) this.#tables.delete(id);
  }

  /** Against what is stored; of a table that was not, nothing may be left. */
  async #tableChanges(table: NetworkTable): Promise<readonly Operation[]> {
    const networkId = table.network?.id ?? "";
    const stored = this.#tables.get(networkId) ?? null;
    const left = stored === null ? await this.#lineKeys(networkId) : [];
    return [...left.map((key): Operation => ({ type: "del", key })), ...recordChanges(stored, table)];
  }

  #lineKeys(networkId: string): Promise<readonly string[]> {
    return this.#db.keys({ gte: linesKey(networkId), lt: linesKey(networkId) + END }).all();
  }

  async #loadTables(unreadable: UnreadableRecord[]): Promise<readonly NetworkTable[]> {
    this.#tables.clear();
    const heads = await this.#objects(
      NETWORK_PREFIX,
      (bytes) => codecs.networkTable.decode(bytes),
      ({ network }) => network?.id ?? "",
      unreadable,
    );
    const byId = new Map(heads.map((table) => [table.network?.id ?? "", table]));
    const isOld = new Set(heads.filter((table) => LINE_KINDS.some((kind) => table[kind].length > 0)));
    for await (const [record, bytes] of this.#db.iterator({ gte: LINE_PREFIX, lt: LINE_PREFIX + END })) {
      try {
        const { networkId, kind, line } = readLine(record, bytes);
        const table = byId.get(networkId);
        if (table === undefined) throw new Error("its network is not there");
        (table[kind] as unknown[]).push(line);
      } catch (error) {
        unreadable.push({ record, error: messageOf(error) });
      }
    }
    return heads.map((head) => {
      const table = orderedTable(head);
      if (!isOld.has(head)) this.#tables.set(table.network?.id ?? "", table);
      return table;
    });
  }

  async wipe(): Promise<void> {
    await this.#writes.run(() => this.#db.clear());
    this.#tables.clear();
  }

  async close(): Promise<void> {
    await this.#writes.idle();
    await this.#db.close();
  }

  /** All objects below a prefix; one that does not parse, or is not the one its key names, is noted instead. */
  async #objects<T>(
    prefix: string,
    parse: (bytes: Uint8Array) => T,
    idOf: (object: T) => string,
    unreadable: UnreadableRecord[],
  ): Promise<readonly T[]> {
    const objects: T[] = [];
    for await (const [record, bytes] of this.#db.iterator({ gte: prefix, lt: prefix + END })) {
      try {
        const object = parse(bytes);
        const name = prefix + idOf(object);
        if (name !== record) throw new SwarmError("internal", `it calls itself ${name}`);
        objects.push(object);
      } catch (error) {
        unreadable.push({ record, error: messageOf(error) });
      }
    }
    return objects;
  }

  async #setAside(unreadable: readonly UnreadableRecord[]): Promise<void> {
    await this.#db.clear({ gte: ASIDE_PREFIX, lt: ASIDE_PREFIX + END });
    const operations: Operation[] = [];
    for (const { record } of unreadable) {
      const value = await this.#db.get(record);
      if (value === undefined) continue;
      operations.push({ type: "del", key: record }, { type: "put", key: ASIDE_PREFIX + record, value });
    }
    if (operations.length > 0) await this.#db.batch(operations);
  }
}

/** Damage to the whole is not mended here: nothing that it says can be trusted, and nothing of it is needed. */
function unusable(directory: string, done: string, cause: unknown): SwarmError {
  const reason = messageOf(cause instanceof Error && cause.cause !== undefined ? cause.cause : cause);
  return new SwarmError(
    "internal",
    `the worker's database in ${directory} cannot be ${done} (${reason}); if this goes on, stop swarmd, move that ` +
      "directory away and start it again: containers keep running, and the managers tell again what belongs here",
    { cause },
  );
}

function encodeGossip({ keys, addresses }: GossipFacts): string {
  return JSON.stringify({ ...keys, keys: keys.keys.map((key) => Buffer.from(key).toString("base64")), addresses });
}

/** What does not read as facts is as good as none: the leader tells them again. */
function decodeGossip(text: string): GossipFacts | null {
  try {
    const { keys, generation, rotatedAtMs, addresses } = JSON.parse(text) as StoredGossip;
    const isComplete = Number.isSafeInteger(generation) && Number.isFinite(rotatedAtMs) && isTexts(addresses);
    if (!isComplete || !isTexts(keys)) return null;
    return { keys: { keys: keys.map((key) => Buffer.from(key, "base64")), generation, rotatedAtMs }, addresses };
  } catch {
    return null;
  }
}

/** What does not read as a moment is as good as none: the daemon counts from its start. */
function decodeHeard(text: string): BootMoment | null {
  try {
    const { bootId, upMs } = JSON.parse(text) as BootMoment;
    return typeof bootId === "string" && Number.isFinite(upMs) ? { bootId, upMs } : null;
  } catch {
    return null;
  }
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
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
