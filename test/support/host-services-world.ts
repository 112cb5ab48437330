/** A host's engine with the two ways to it: its local socket, and a manager that carries calls to it over TLS. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findObject } from "../../manager/api/reference.ts";
import { createHostCalls } from "../../manager/hosts/host-calls.ts";
import type { NodeId } from "../../shared/ids.ts";
import { silentLogger } from "../../shared/log.ts";
import { toTlsMaterial } from "../../shared/pki/bootstrap.ts";
import { TlsCredentials } from "../../shared/pki/tls-credentials.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { systemRandom } from "../../shared/ports/system-random.ts";
import { connect } from "../../shared/rpc/client.ts";
import { bidi, clientStream, serverStream, unary } from "../../shared/rpc/handler.ts";
import { connectInProcess } from "../../shared/rpc/in-process-call.ts";
import { type HostServices, hostServices, hostServicesBy } from "../../shared/rpc/light/host-services.ts";
import { RpcServer } from "../../shared/rpc/rpc-server.ts";
import { services } from "../../shared/rpc/schema.ts";
import { Scope } from "../../shared/scope.ts";
import { Carrier } from "../../worker/engine/carrier.ts";
import type { EngineHandlers } from "../../worker/engine/engine-handlers.ts";
import { servedMethods } from "../../worker/engine/served-methods.ts";
import { createTestCa, createTestIdentity } from "../unit/shared/pki/fixtures.ts";
import { createMemoryStore } from "./memory-store.ts";
import { createNode, createService, createTask } from "./objects.ts";

export const HOST_ID = "w".repeat(25) as NodeId;
export const OTHER_ID = "x".repeat(25) as NodeId;

export type StreamHandlers = {
  readonly locate?: EngineHandlers["streams"]["locate"]["run"];
  readonly exec?: EngineHandlers["streams"]["exec"]["run"];
};

export interface HostWorld extends AsyncDisposable {
  readonly here: HostServices;
  readonly carried: HostServices;
  /** As `carried`, by clients in the process of the manager. */
  readonly inProcess: HostServices;
  readonly socketPath: string;
  readonly store: ReturnType<typeof createMemoryStore>;
  /** What its daemon's end does: all streams to the leader break. */
  readonly endSession: () => void;
  /** What a change of leader does. */
  readonly endLeadership: () => Promise<void>;
  /** The host takes no further calls from its session. */
  readonly isDeaf: { value: boolean };
  /** A stream for a call that nobody asked this host for. */
  readonly strangersCarry: (callId: string) => Promise<void>;
}

export async function startHostWorld(handlers: StreamHandlers): Promise<HostWorld> {
  await using stack = new AsyncDisposableStack();
  const ca = await createTestCa();
  const managerIdentity = await createTestIdentity(ca, { nodeId: "m".repeat(25), role: "MANAGER" });
  const workerIdentity = await createTestIdentity(ca, { nodeId: HOST_ID });
  const managerCredentials = new TlsCredentials(toTlsMaterial(managerIdentity));
  const store = createMemoryStore();
  const service = createService("web");
  await store.update("begin", (tx) => {
    tx.create("service", service);
    tx.create("node", { ...createNode("host", { hostname: "host1" }), id: HOST_ID });
    tx.create("node", { ...createNode("other", { hostname: "host2", state: "DOWN" }), id: OTHER_ID });
    tx.create("task", createTask("t1", service, { nodeId: HOST_ID }));
  });
  const never = async (): Promise<never> => {
    throw new Error("not in this test");
  };
  const engine: EngineHandlers = {
    containers: {},
    streams: {
      locate: unary(handlers.locate ?? never),
      exec: bidi(handlers.exec ?? never),
      attach: bidi(never),
      resize: unary(never),
      readLog: serverStream(never),
      top: unary(never),
      stats: serverStream(never),
      diff: unary(never),
      export: serverStream(never),
      statPath: unary(never),
      getArchive: serverStream(never),
      putArchive: clientStream(never),
      forward: bidi(never),
    } satisfies EngineHandlers["streams"],
    images: {},
    volumes: {},
    networks: {},
  } as never;
  const carrier = new Carrier({ methods: servedMethods(engine), clock: systemClock, log: silentLogger });
  const session = new AbortController();
  const isDeaf = { value: false };
  const hostCalls = createHostCalls({
    store,
    clock: systemClock,
    random: systemRandom,
    leaderAddress: () => null,
    findNode: (view, ref) => findObject(view, "node", ref),
    openCall: (nodeId, { callId = "", close = false }) => {
      if (nodeId !== HOST_ID || session.signal.aborted) return false;
      if (!isDeaf.value) carrier.take({ callId, close }, (signal) => worker.carry({ signal }), session.signal);
      return true;
    },
  });
  const scope = new Scope(silentLogger);
  hostCalls.lead(scope);
  stack.defer(() => scope.end());

  const endpoint = { kind: "tls", host: "127.0.0.1", port: 0, credentials: managerCredentials } as const;
  const manager = new RpcServer(endpoint, { log: silentLogger }).add(services.dispatcher, {
    session: bidi(never),
    publishLogs: clientStream(never),
    carry: hostCalls.carry,
    ...{ findNetwork: unary(never), tellGuests: unary(never) },
  });
  const address = await manager.listen();
  stack.defer(() => manager.stop(0));
  const workerCredentials = new TlsCredentials(toTlsMaterial(workerIdentity));
  const worker = stack.use(connect(services.dispatcher, address, workerCredentials));

  const directory = mkdtempSync(join(tmpdir(), "swarm-host-"));
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  const socketPath = join(directory, "swarmd.sock");
  const local = new RpcServer({ kind: "unix", path: socketPath }, { log: silentLogger })
    .add(services.hosts, { find: hostCalls.find, call: hostCalls.call })
    .add(services.streams, engine.streams);
  await local.listen();
  stack.defer(() => local.stop(0));
  const resources = stack.move();
  return {
    here: resources.use(hostServices(socketPath, { kind: "here" })),
    carried: resources.use(hostServices(socketPath, { kind: "node", nodeId: HOST_ID })),
    inProcess: resources.use(
      hostServicesBy((name) => connectInProcess(services[name] as never, local.inProcess, systemClock) as never, {
        kind: "node",
        nodeId: HOST_ID,
      }),
    ),
    socketPath,
    store,
    endSession: () => session.abort(new Error("the daemon has ended")),
    endLeadership: () => scope.end(),
    isDeaf,
    strangersCarry: async (callId) => {
      const stream = worker.carry();
      await stream.send({ opened: { callId } });
      for await (const _ of stream.messages);
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
