import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogIndex, RaftId } from "../../raft/ids.ts";
import { DEFAULT_SNAPSHOT_SETTINGS, type SnapshotSettings } from "../../raft/node/node-options.ts";
import type { StateMachine } from "../../raft/raft-handle.ts";
import { RaftNode } from "../../raft/raft-node.ts";
import type { RaftStorage } from "../../raft/storage/raft-storage.ts";
import { GrpcRaftTransport } from "../../raft/transport/grpc-transport.ts";
import { type Doorkeeper, joinGroup, joinGroupHandler } from "../../raft/transport/join-group.ts";
import { raftService } from "../../raft/wire/raft-service.ts";
import { messageOf } from "../../shared/errors.ts";
import { type Logger, silentLogger } from "../../shared/log.ts";
import { toTlsMaterial } from "../../shared/pki/bootstrap.ts";
import type { KeyedCertificate } from "../../shared/pki/issue.ts";
import { keyFilesIn } from "../../shared/pki/ports/key-files.ts";
import { TlsCredentials } from "../../shared/pki/tls-credentials.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { systemRandom } from "../../shared/ports/system-random.ts";
import { connect, type RpcClient } from "../../shared/rpc/client.ts";
import { RpcServer } from "../../shared/rpc/rpc-server.ts";
import { CLUSTER_ID, createTestCa, createTestIdentity } from "../unit/shared/pki/fixtures.ts";
import { openLevelStorage } from "./level-storage.ts";
import { claimLoopbackNetwork } from "./loopback.ts";
import { waitFor } from "./wait.ts";

const LOOK_MS = 5;

/** Waits until `look` answers something else than null, false or undefined. */
export function until<T>(what: string, look: () => T | null | false | undefined): Promise<T> {
  return waitFor(`the moment when ${what}`, look, LOOK_MS);
}

/** Remembers every entry as text; its snapshot is all of them. */
export class TextMachine implements StateMachine {
  texts: string[] = [];
  restores = 0;

  apply(_index: LogIndex, data: Uint8Array): void {
    this.texts.push(new TextDecoder().decode(data));
  }

  snapshot(): Iterable<Uint8Array> {
    return [new TextEncoder().encode(JSON.stringify(this.texts))];
  }

  *restore(_index: LogIndex, data: Uint8Array): Generator<void> {
    this.texts = JSON.parse(new TextDecoder().decode(data)) as string[];
    this.restores++;
    yield;
  }
}

export interface GroupOptions {
  /** Default: as in a new group. */
  readonly snapshotSettings?: () => SnapshotSettings;
  /** Default: silence. */
  readonly log?: Logger;
}

/** A manager's Raft part as in production: LevelDB on disk, gRPC over TLS on loopback. */
export class GroupMember {
  readonly name: string;
  readonly machine = new TextMachine();
  readonly states: string[] = [];
  readonly address: string;
  readonly node: RaftNode;
  readonly #server: RpcServer;
  readonly #transport: GrpcRaftTransport;

  constructor(
    name: string,
    address: string,
    node: RaftNode,
    server: RpcServer,
    transport: GrpcRaftTransport,
    machine: TextMachine,
  ) {
    this.name = name;
    this.address = address;
    this.node = node;
    this.#server = server;
    this.#transport = transport;
    this.machine = machine;
    node.onLeadership((state) => this.states.push(state));
  }

  get isLeading(): boolean {
    return this.states.at(-1) === "leading";
  }

  propose(text: string): Promise<LogIndex> {
    return this.node.propose(new TextEncoder().encode(text));
  }

  async stop(): Promise<void> {
    await this.node.stop();
    await this.#server.stop(0);
  }

  /** Its connections break off without a word, as when its process is killed; nothing it holds is handed over. */
  async crash(): Promise<void> {
    const closing = this.#transport[Symbol.asyncDispose]();
    await this.#server.stop(0);
    await closing;
    await this.node.stop();
  }
}

/** A throw-away group of managers in this process. */
export class RaftGroup implements AsyncDisposable {
  readonly members = new Map<string, GroupMember>();
  readonly #ca: KeyedCertificate;
  readonly #directory: string;
  readonly #options: GroupOptions;
  readonly #ports = new Map<string, number>();

  /** Of this process alone: a member that comes back finds its port as it left it. */
  readonly #host: string;

  private constructor(host: string, ca: KeyedCertificate, directory: string, options: GroupOptions) {
    this.#host = host;
    this.#ca = ca;
    this.#directory = directory;
    this.#options = options;
  }

  static async create(options: GroupOptions = {}): Promise<RaftGroup> {
    const { address } = await claimLoopbackNetwork();
    return new RaftGroup(address(1), await createTestCa(), await mkdtemp(join(tmpdir(), "raft-group-")), options);
  }

  /** Starts a member: the first one makes the group, others join it, and one that was here before comes back. */
  async start(name: string): Promise<GroupMember> {
    const nodeId = name.padEnd(25, "0");
    const identity = await createTestIdentity(this.#ca, { nodeId, role: "MANAGER" });
    const credentials = new TlsCredentials(toTlsMaterial(identity));
    const log = this.#options.log?.child({ member: name }) ?? silentLogger;
    const base = { clock: systemClock, random: systemRandom, log, clusterId: CLUSTER_ID };
    const connectRaft = (address: string) => connect(raftService, address, credentials);
    const port = this.#ports.get(name) ?? 0;
    const server = new RpcServer({ kind: "tls", host: this.#host, port, credentials }, { log: silentLogger });
    let doorkeeper: Doorkeeper | null = null;
    // The address is known only after listening, so handlers are bound late.
    let transport: GrpcRaftTransport | null = null;
    server.add(raftService, {
      messages: { kind: "bidi", run: (...call) => mustBeUp(transport).handlers.messages.run(...call) },
      installSnapshot: {
        kind: "clientStream",
        run: (...call) => mustBeUp(transport).handlers.installSnapshot.run(...call),
      },
      snapshotProgress: {
        kind: "unary",
        run: (...call) => mustBeUp(transport).handlers.snapshotProgress.run(...call),
      },
      joinGroup: joinGroupHandler({ doorkeeper: () => doorkeeper }),
    });
    const address = await server.listen();
    this.#ports.set(name, Number(address.split(":").at(-1)));
    transport = new GrpcRaftTransport({ ...base, address, connect: connectRaft });
    const storage = await openLevelStorage(
      join(this.#directory, name),
      keyFilesIn(join(this.#directory, `${name}-keys`)),
    );
    const machine = new TextMachine();
    const node = await RaftNode.start({
      snapshotSettings: () => DEFAULT_SNAPSHOT_SETTINGS,
      ...this.#options,
      ...base,
      nodeId,
      address,
      begin: await this.#begin(storage, address, connectRaft),
      storage,
      transport,
      stateMachine: machine,
    });
    doorkeeper = {
      leaderAddress: () => {
        const { leader, members, raftId } = node.status();
        if (leader === raftId) return "self";
        return members.find((member) => member.raftId === leader)?.address ?? null;
      },
      admitMember: (joiner) => node.admitMember(joiner),
    };
    const member = new GroupMember(name, address, node, server, transport, machine);
    this.members.set(name, member);
    return member;
  }

  /** The next time it starts it listens somewhere else. */
  move(name: string): void {
    this.#ports.delete(name);
  }

  /** Someone with a manager's certificate who is no member: a way to each member, to say whatever it likes. */
  async stranger(name: string): Promise<(address: string) => RpcClient<typeof raftService>> {
    const identity = await createTestIdentity(this.#ca, { nodeId: name.padEnd(25, "0"), role: "MANAGER" });
    const credentials = new TlsCredentials(toTlsMaterial(identity));
    return (address) => connect(raftService, address, credentials);
  }

  async #begin(storage: RaftStorage, address: string, connectRaft: Parameters<typeof joinGroup>[0]["connect"]) {
    if ((await storage.load()).identity !== null) return { kind: "resume" } as const;
    const other = [...this.members.values()][0];
    if (other === undefined) return { kind: "bootstrap" } as const;
    const base = { clock: systemClock, random: systemRandom, remote: other.address, address, connect: connectRaft };
    const { raftId, era } = await joinGroup(base);
    return { kind: "join", raftId, era } as const;
  }

  /** Starts members until there are these, all voters. */
  async startAll(...names: string[]): Promise<void> {
    for (const name of names) await this.start(name);
    const leader = await this.leader();
    await until(`all of ${names.join(", ")} vote`, () => leader.node.confState.voters.length === this.members.size);
    await until(
      `all of ${names.join(", ")} are heard`,
      () => leader.node.status().reachable.size === this.members.size,
    );
  }

  leader(): Promise<GroupMember> {
    return until("someone leads", () => [...this.members.values()].find((member) => member.isLeading));
  }

  followers(): GroupMember[] {
    return [...this.members.values()].filter((member) => !member.isLeading);
  }

  forget(member: GroupMember): void {
    this.members.delete(member.name);
  }

  /** Waits until all members applied the same texts. */
  async converge(): Promise<readonly string[]> {
    const all = [...this.members.values()];
    const reference = (await this.leader()).machine;
    await until("all members have applied the same", () =>
      all.every(({ machine }) => machine.texts.length === reference.texts.length),
    );
    for (const { machine } of all) assert.deepEqual(machine.texts, reference.texts);
    return reference.texts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const member of this.members.values()) {
      await member.stop().catch((error: unknown) => console.error(`stopping ${member.name}: ${messageOf(error)}`));
    }
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function mustBeUp<T>(part: T | null): T {
  if (part === null) throw new Error("not started yet");
  return part;
}

export function idOf(member: GroupMember): RaftId {
  return member.node.raftId;
}
