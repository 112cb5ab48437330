import assert from "node:assert/strict";
import { before, test } from "node:test";
import { connect as tlsConnect } from "node:tls";
import { SwarmError } from "../../../../shared/errors.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { type NodeIdentity, toTlsMaterial } from "../../../../shared/pki/bootstrap.ts";
import type { KeyedCertificate } from "../../../../shared/pki/issue.ts";
import { fingerprintOf } from "../../../../shared/pki/root-trust.ts";
import { TlsCredentials } from "../../../../shared/pki/tls-credentials.ts";
import type { NodeCaller } from "../../../../shared/rpc/authorize.ts";
import { connect, type RpcCredentials } from "../../../../shared/rpc/client.ts";
import type { NodeRole } from "../../../../shared/rpc/gen/objects.ts";
import {
  bidi,
  type CallContext,
  type Caller,
  clientStream,
  type RpcHandlers,
  serverStream,
  unary,
} from "../../../../shared/rpc/handler.ts";
import { RpcServer, type RpcServerOptions } from "../../../../shared/rpc/rpc-server.ts";
import { services } from "../../../../shared/rpc/schema.ts";
import { waitFor } from "../../../support/wait.ts";
import { CLUSTER_ID, createTestCa, createTestIdentity } from "../pki/fixtures.ts";

type CaHandlers = RpcHandlers<typeof services.certificateAuthority>;
const DAY_MS = 86_400_000;
let ca: KeyedCertificate;
let manager: NodeIdentity;
let worker: NodeIdentity;

before(async () => {
  ca = await createTestCa();
  manager = await createTestIdentity(ca, { nodeId: "m".repeat(25), role: "MANAGER" });
  worker = await createTestIdentity(ca, { nodeId: "w".repeat(25), role: "WORKER" });
});

/** A manager on loopback that answers with who called. */
async function startManager(identity: NodeIdentity = manager, options: Partial<RpcServerOptions> = {}) {
  const credentials = new TlsCredentials(toTlsMaterial(identity));
  const callers: CallContext[] = [];
  const handlers: CaHandlers = {
    getRootCertificate: unary(async (_request, context) => {
      callers.push(context);
      return { certificate: JSON.stringify(context.caller) };
    }),
    issueNodeCertificate: unary(async () => {
      throw new SwarmError("unimplemented", "not in this test");
    }),
    confirmCertificate: unary(async () => ({})),
    fetchUnlockKey: unary(async () => ({})),
  };
  const endpoint = { kind: "tls", host: "127.0.0.1", port: 0, credentials } as const;
  const server = new RpcServer(endpoint, { log: silentLogger, ...options });
  server.add(services.certificateAuthority, handlers);
  const address = await server.listen();
  return { server, address, credentials, callers, handlers, [Symbol.asyncDispose]: () => server.stop(0) };
}

/** Whom the manager at `address` takes a caller with these credentials for. */
async function callerAt(address: string, credentials: RpcCredentials): Promise<Caller> {
  await using client = connect(services.certificateAuthority, address, credentials);
  return JSON.parse((await client.getRootCertificate({})).certificate) as Caller;
}

const withNode = (identity: NodeIdentity): TlsCredentials => new TlsCredentials(toTlsMaterial(identity));
const withoutNode = (): TlsCredentials =>
  new TlsCredentials({ rootCa: ca.certificate, clusterId: CLUSTER_ID, node: null });

test("one port knows callers without a certificate, workers and managers apart", async () => {
  await using host = await startManager();
  for (const [credentials, expected] of [
    ["untrusted", { kind: "anonymous" }],
    [withoutNode(), { kind: "anonymous" }],
    [
      withNode(worker),
      {
        kind: "node",
        nodeId: worker.nodeId,
        role: "WORKER",
        roleGeneration: 0,
        certificateRoot: fingerprintOf(ca.certificate),
        clusterId: CLUSTER_ID,
      },
    ],
    [
      withNode(manager),
      {
        kind: "node",
        nodeId: manager.nodeId,
        role: "MANAGER",
        roleGeneration: 0,
        certificateRoot: fingerprintOf(ca.certificate),
        clusterId: CLUSTER_ID,
      },
    ],
  ] as const) {
    const { address, ...caller } = { address: "", ...(await callerAt(host.address, credentials)) };
    assert.deepEqual(caller, expected);
    assert.match(address, /^127\.0\.0\.1:\d+$/);
  }
});

test("an unacceptable certificate is answered with a sentence that names the node and the reason", async () => {
  await using host = await startManager();
  const foreign = await createTestIdentity(await createTestCa(), { nodeId: "f".repeat(25) });
  const cases: readonly (readonly [NodeIdentity, RegExp])[] = [
    [
      await createTestIdentity(ca, { nodeId: "e".repeat(25), issuedMs: Date.now() - 2 * DAY_MS, lifetimeMs: DAY_MS }),
      /^the certificate of node e{25} expired at \d{4}-\d\d-\d\dT[\d:]+Z$/,
    ],
    [
      await createTestIdentity(ca, { nodeId: "l".repeat(25), issuedMs: Date.now() + DAY_MS }),
      /^the certificate of node l{25} is valid only from .*: compare the clocks of both hosts$/,
    ],
    [
      await createTestIdentity(ca, { nodeId: "o".repeat(25), clusterId: "x".repeat(25) }),
      /^the certificate of node o{25} is for another swarm \(x{25}\)$/,
    ],
    // Believes our root, but shows a certificate of its own authority.
    [
      { ...foreign, rootCa: ca.certificate, clusterId: CLUSTER_ID },
      /^the certificate of node f{25} was not issued by this swarm's certificate authority$/,
    ],
  ];
  for (const [identity, message] of cases) {
    const credentials = new TlsCredentials({ ...toTlsMaterial(identity), clusterId: CLUSTER_ID });
    await assert.rejects(callerAt(host.address, credentials), { code: "unauthenticated", message });
  }
});

test("a client refuses servers that are not managers of its cluster, each with its reason", async () => {
  const foreignCa = await createTestCa();
  const cases: readonly (readonly [NodeIdentity, RegExp])[] = [
    [worker, /node w{25} answers there, which is not a manager$/],
    [
      await createTestIdentity(ca, { role: "MANAGER", clusterId: "x".repeat(25) }),
      /the certificate of node n{25} is for another swarm \(x{25}\)$/,
    ],
    [
      await createTestIdentity(foreignCa, { role: "MANAGER" }),
      /its certificate was not issued by this swarm's certificate authority$/,
    ],
    [
      await createTestIdentity(ca, { role: "MANAGER", issuedMs: Date.now() - 2 * DAY_MS, lifetimeMs: DAY_MS }),
      /its certificate has expired$/,
    ],
  ];
  for (const [identity, message] of cases) {
    await using host = await startManager(identity);
    await assert.rejects(callerAt(host.address, withoutNode()), (error) => {
      assert.ok(error instanceof SwarmError);
      assert.equal(error.code, "unavailable");
      assert.match(error.message, message);
      assert.ok(error.message.startsWith(`cannot connect to ${host.address}: `), error.message);
      return true;
    });
  }
});

test("a rotated server certificate is shown to the next connection, without a restart", async () => {
  await using host = await startManager();
  const shown = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const [name, port] = host.address.split(":");
      const socket = tlsConnect({ host: name, port: Number(port), rejectUnauthorized: false, ALPNProtocols: ["h2"] });
      socket.once("error", reject);
      socket.once("secureConnect", () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      });
    });
  const first = await shown();
  assert.equal(await shown(), first);
  host.credentials.rotate(toTlsMaterial(await createTestIdentity(ca, { nodeId: manager.nodeId, role: "MANAGER" })));
  assert.notEqual(await shown(), first);
  assert.equal((await callerAt(host.address, withNode(worker))).kind, "node");
});

test("a client that was promoted is known as a manager on its next call, while its streams go on", async () => {
  await using host = await startManager();
  const credentials = withNode(worker);
  await using client = connect(services.certificateAuthority, host.address, credentials);
  const role = async (): Promise<unknown> => JSON.parse((await client.getRootCertificate({})).certificate).role;
  assert.equal(await role(), "WORKER");
  credentials.rotate(toTlsMaterial(await createTestIdentity(ca, { nodeId: worker.nodeId, role: "MANAGER" })));
  assert.equal(await role(), "MANAGER");
});

test("a caller that may no longer call is refused by admit, and its connections can be cut", async () => {
  let removed = "";
  const admit = (caller: NodeCaller): NodeRole => {
    if (caller.nodeId === removed) throw new SwarmError("permissionDenied", "was removed");
    return caller.role;
  };
  await using host = await startManager(manager, { admit });
  await using client = connect(services.certificateAuthority, host.address, withNode(worker));
  await client.getRootCertificate({});
  removed = worker.nodeId;
  await assert.rejects(client.getRootCertificate({}), { code: "permissionDenied", message: "was removed" });
  host.server.reassess();
  removed = "";
  await client
    .getRootCertificate({})
    .catch((error: unknown) => assert.equal((error as SwarmError).code, "unavailable"));
});

test("a demoted manager's certificate opens a worker's doors only, speaks for nobody, and loses what it had open", async () => {
  let acting: NodeRole = "MANAGER";
  const admit = (): NodeRole => acting;
  const credentials = withNode(manager);
  const endpoint = { kind: "tls", host: "127.0.0.1", port: 0, credentials } as const;
  const subscribed = Promise.withResolvers<void>();
  const server = new RpcServer(endpoint, { log: silentLogger, admit })
    .add(services.logs, {
      subscribe: serverStream(async (_request, { signal }) => {
        subscribed.resolve();
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      }),
    })
    .add(services.certificateAuthority, {
      getRootCertificate: unary(async (_request, { caller }) => ({ certificate: JSON.stringify(caller) })),
      issueNodeCertificate: unary(async () => ({})),
      confirmCertificate: unary(async () => ({})),
      fetchUnlockKey: unary(async () => ({})),
    });
  // An open server keeps this file from ending: a failure would be seen as a hang.
  await using _server = { [Symbol.asyncDispose]: () => server.stop(0) };
  const address = await server.listen();
  await using logs = connect(services.logs, address, withNode(manager));
  await using authority = connect(services.certificateAuthority, address, withNode(manager));
  const stream = logs.subscribe({ ref: "web" })[Symbol.asyncIterator]();
  const lost = assert.rejects(stream.next(), { code: "unavailable" });
  await Promise.race([subscribed.promise, lost]);
  server.reassess();
  acting = "WORKER";
  server.reassess();
  await lost;
  const refusal = await waitFor("an answer on another connection", async () => {
    const subscription = logs.subscribe({ ref: "web" })[Symbol.asyncIterator]();
    const answer: unknown = await subscription.next().catch((error: unknown) => error);
    // A stream may end a moment before its connection does; a call made meanwhile ends with it.
    return answer instanceof SwarmError && answer.code === "unavailable" ? null : answer;
  });
  assert.ok(refusal instanceof SwarmError && refusal.code === "permissionDenied", String(refusal));
  assert.match(refusal.message, /^This node is not a swarm manager\./);
  await assert.rejects(authority.getRootCertificate({}, { onBehalfOf: { kind: "local" } }), {
    code: "permissionDenied",
  });
  const { certificate } = await authority.getRootCertificate({});
  assert.equal(JSON.parse(certificate).role, "WORKER");
});

test("a door is judged by the headers: whoever may not come in need not send anything", async () => {
  await using host = await startManager();
  host.server.add(services.raft, {
    messages: bidi(async () => {}),
    installSnapshot: clientStream(async () => ({})),
    snapshotProgress: unary(async () => ({ receivedBytes: 0 })),
    joinGroup: unary(async () => ({})),
  });
  for (const [credentials, code] of [
    ["untrusted", "unauthenticated"],
    [withNode(worker), "permissionDenied"],
  ] as const) {
    await using client = connect(services.raft, host.address, credentials);
    await assert.rejects(client.installSnapshot().response, { code });
    await assert.rejects(client.messages().messages[Symbol.asyncIterator]().next(), { code });
  }
});

test("a manager makes a call in another caller's name; nobody else may speak for others", async () => {
  await using leader = await startManager();
  await using follower = connect(services.certificateAuthority, leader.address, withNode(manager));
  const behind: Caller = {
    kind: "node",
    nodeId: worker.nodeId,
    role: "WORKER",
    roleGeneration: 0,
    certificateRoot: "",
    clusterId: CLUSTER_ID,
    address: "10.0.0.7:5",
  };
  for (const caller of [behind, { kind: "local" }, { kind: "anonymous", address: "10.0.0.8:6" }] as const) {
    const { certificate } = await follower.getRootCertificate({}, { onBehalfOf: caller });
    assert.deepEqual(JSON.parse(certificate), caller);
    assert.equal(leader.callers.at(-1)?.forwardedBy, manager.nodeId);
  }
  await using liar = connect(services.certificateAuthority, leader.address, withNode(worker));
  await assert.rejects(liar.getRootCertificate({}, { onBehalfOf: { kind: "local" } }), {
    code: "permissionDenied",
    message: "only a manager may pass on a call for somebody else",
  });
});

test("an address that is taken is said to be", async () => {
  await using host = await startManager();
  const port = Number(host.address.split(":")[1]);
  const second = new RpcServer(
    { kind: "tls", host: "127.0.0.1", port, credentials: host.credentials },
    { log: silentLogger },
  );
  await assert.rejects(second.listen(), {
    code: "failedPrecondition",
    message: `cannot listen on 127.0.0.1:${port}: another process is using it`,
  });
});

test("a client of plain text or of TLS 1.2 gets nowhere and harms nobody", async () => {
  await using host = await startManager();
  const [name, port] = host.address.split(":");
  await assert.rejects(
    new Promise((resolve, reject) => {
      const socket = tlsConnect({ host: name, port: Number(port), rejectUnauthorized: false, maxVersion: "TLSv1.2" });
      socket.once("secureConnect", resolve);
      socket.once("error", reject);
    }),
  );
  await assert.rejects(callerAt(host.address, "local"), { code: "unavailable" });
  assert.equal((await callerAt(host.address, withNode(worker))).kind, "node");
});
