/** One member of our group, as a process: RaftNode over LevelDB and gRPC, a map as its state machine, and Put. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { DEFAULT_SNAPSHOT_SETTINGS } from "../../../raft/node/node-options.ts";
import { rehearse } from "../../../raft/node/rehearsal.ts";
import type { StateMachine } from "../../../raft/raft-handle.ts";
import { RaftNode } from "../../../raft/raft-node.ts";
import { LevelRaftStorage } from "../../../raft/storage/level-storage.ts";
import { GrpcRaftTransport } from "../../../raft/transport/grpc-transport.ts";
import { type Doorkeeper, joinGroup, joinGroupHandler } from "../../../raft/transport/join-group.ts";
import type { ConnectRaft } from "../../../raft/transport/peer-link.ts";
import { raftService } from "../../../raft/wire/raft-service.ts";
import { mustHave } from "../../../shared/invariant.ts";
import { silentLogger } from "../../../shared/log.ts";
import { keyFilesIn } from "../../../shared/pki/ports/key-files.ts";
import { TlsCredentials } from "../../../shared/pki/tls-credentials.ts";
import { systemClock } from "../../../shared/ports/system-clock.ts";
import { systemRandom } from "../../../shared/ports/system-random.ts";
import { connect } from "../../../shared/rpc/client.ts";
import { type RpcHandlers, unary } from "../../../shared/rpc/handler.ts";
import { RpcServer } from "../../../shared/rpc/rpc-server.ts";
import type { RpcService } from "../../../shared/rpc/service-types.ts";
import type { Health, MemberConfig, MemberHears, MemberSays } from "./messages.ts";
import { CLUSTER_ID } from "./our-group.ts";
import { claimedNodeId, PlainServer } from "./plain-server.ts";
import { decodePut, encodePut, putService } from "./put-service.ts";
import { runLoad } from "./run-load.ts";

const HOST = "127.0.0.1";
/** How often it looks whether the number of voters changed. */
const LOOK_MS = 50;
/** Of a snapshot. */
const PIECE_BYTES = 64 * 1024;
/** Resolution of the event loop's delay. */
const DELAY_MS = 10;

const config = JSON.parse(mustHave(process.argv[2], "a configuration")) as MemberConfig;
const nodeId = config.name.padEnd(25, "0");
const credentials = config.tls === null ? null : new TlsCredentials(config.tls);

/** The latest value of each key, and nothing else. */
class KeyValues implements StateMachine {
  #values = new Map<string, Uint8Array>();

  apply(_index: number, data: Uint8Array): void {
    const { key } = decodePut(data);
    this.#values.set(String(key), data);
  }

  snapshot(): Iterable<Uint8Array> {
    return toPieces([...this.#values.values()]);
  }

  *restore(_index: number, data: Uint8Array): Generator<void> {
    this.#values = new Map();
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    for (let at = 0; at < bytes.length; ) {
      const end = at + 4 + bytes.readUInt32BE(at);
      this.apply(0, bytes.subarray(at + 4, end));
      at = end;
      yield;
    }
  }
}

function* toPieces(puts: readonly Uint8Array[]): Generator<Uint8Array> {
  let piece: Uint8Array[] = [];
  let bytes = 0;
  for (const put of puts) {
    piece.push(lengthOf(put), put);
    bytes += put.length;
    if (bytes < PIECE_BYTES) continue;
    yield Buffer.concat(piece);
    piece = [];
    bytes = 0;
  }
  yield Buffer.concat(piece);
}

function lengthOf(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return length;
}

function say(message: MemberSays): void {
  if (process.connected) process.send?.(message);
}

const connectRaft: ConnectRaft = (address) => {
  if (credentials !== null) return connect(raftService, address, credentials);
  const client = connect(raftService, address, "local");
  const onBehalfOf = {
    kind: "node",
    nodeId,
    role: "MANAGER",
    roleGeneration: 0,
    certificateRoot: "",
    clusterId: CLUSTER_ID,
    address: "",
  } as const;
  return {
    messages: (options) => client.messages({ ...options, onBehalfOf }),
    installSnapshot: (options) => client.installSnapshot({ ...options, onBehalfOf }),
    snapshotProgress: (request, options) => client.snapshotProgress(request, { ...options, onBehalfOf }),
    joinGroup: (request, options) => client.joinGroup(request, { ...options, onBehalfOf }),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
};

const identify = credentials === null ? { identify: claimedNodeId } : {};
let node: RaftNode | null = null;
let transport: GrpcRaftTransport | null = null;
const doorkeeper: Doorkeeper = {
  leaderAddress: () => {
    const status = mustHave(node, "a node").status();
    if (status.leader === status.raftId) return "self";
    return status.members.find(({ raftId }) => raftId === status.leader)?.address ?? null;
  },
  admitMember: (joiner) => mustHave(node, "a node").admitMember(joiner),
};
const raftHandlers: RpcHandlers<typeof raftService> = {
  messages: { kind: "bidi", run: (...call) => mustHave(transport, "a transport").handlers.messages.run(...call) },
  installSnapshot: {
    kind: "clientStream",
    run: (...call) => mustHave(transport, "a transport").handlers.installSnapshot.run(...call),
  },
  snapshotProgress: {
    kind: "unary",
    run: (...call) => mustHave(transport, "a transport").handlers.snapshotProgress.run(...call),
  },
  joinGroup: joinGroupHandler({ ...identify, doorkeeper: () => (node === null ? null : doorkeeper) }),
};
const putHandlers: RpcHandlers<RpcService<(typeof putService)["methods"]>> = {
  put: unary(async (bytes) => ({ header: { revision: await mustHave(node, "a node").propose(bytes) } })),
};

const address = await listen();
const base = { clock: systemClock, random: systemRandom, log: silentLogger, clusterId: CLUSTER_ID };
transport = new GrpcRaftTransport({ ...base, ...identify, address, connect: connectRaft });
const storage = await LevelRaftStorage.open(config.directory, {
  keys: keyFilesIn(`${config.directory}-keys`),
  clock: systemClock,
  random: systemRandom,
  log: silentLogger,
});
node = await RaftNode.start({
  ...base,
  nodeId,
  address,
  begin: await beginning(),
  storage,
  transport,
  stateMachine: new KeyValues(),
  snapshotSettings: () => DEFAULT_SNAPSHOT_SETTINGS,
});
watch(node);
await rehearse({ ...base, signal: new AbortController().signal });
say({ kind: "listening", address });
const failure = await node.ended;
if (failure !== null) console.error(`${config.name} ended:`, failure);
process.exit(failure === null ? 0 : 1);

function listen(): Promise<string> {
  if (credentials === null) {
    return new PlainServer().add(raftService, raftHandlers).add(putService, putHandlers).listen(HOST, config.port);
  }
  return new RpcServer({ kind: "tls", host: HOST, port: config.port, credentials }, { log: silentLogger })
    .add(raftService, raftHandlers)
    .add(putService, putHandlers, "anyone")
    .listen();
}

async function beginning() {
  if ((await storage.load()).identity !== null) return { kind: "resume" } as const;
  if (config.join === null) return { kind: "bootstrap" } as const;
  const { clock, random } = base;
  const joined = await joinGroup({ clock, random, remote: config.join, address, connect: connectRaft });
  return { kind: "join", raftId: joined.raftId, era: joined.era } as const;
}

function watch(running: RaftNode): void {
  running.onLeadership((state) => say({ kind: "leadership", leading: state === "leading" }));
  let voters = 0;
  setInterval(() => {
    const count = running.confState.voters.length;
    if (count !== voters) say({ kind: "voters", count });
    voters = count;
  }, LOOK_MS);
  const delay = monitorEventLoopDelay({ resolution: DELAY_MS });
  delay.enable();
  process.on("message", (message: MemberHears) => {
    if (message.kind === "health") {
      const beyond = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - DELAY_MS);
      const { term, applied, reachable } = running.status();
      const health: Health = {
        term,
        applied,
        reachable: reachable.size,
        delayP50Ms: beyond(delay.percentile(50)),
        delayP99Ms: beyond(delay.percentile(99)),
        delayMaxMs: beyond(delay.max),
      };
      delay.reset();
      say({ kind: "health", health });
      return;
    }
    void runLoad(message.load, async (key, value) => {
      await running.propose(encodePut({ key: Buffer.from(key), value }));
    }).then((result) => say({ kind: "load", result }));
  });
  process.on("SIGTERM", () => void running.stop());
  // Its parent is gone: nothing else would end it.
  process.on("disconnect", () => process.exit(0));
}
