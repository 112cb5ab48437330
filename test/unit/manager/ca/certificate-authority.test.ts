import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { before, beforeEach, test } from "node:test";
import { CertificateAuthority } from "../../../../manager/ca/certificate-authority.ts";
import { createCluster } from "../../../../manager/ca/first-objects.ts";
import { actingRole } from "../../../../manager/ca/standing.ts";
import type { ClusterId } from "../../../../shared/ids.ts";
import { mustHave } from "../../../../shared/invariant.ts";
import { silentLogger } from "../../../../shared/log.ts";
import type { Cluster, Node } from "../../../../shared/objects/types.ts";
import {
  fetchRootCa,
  fetchWantedLock,
  type NodeIdentity,
  renewCertificate,
  requestCertificate,
  toTlsMaterial,
} from "../../../../shared/pki/bootstrap.ts";
import { createCsr, type KeyedCertificate } from "../../../../shared/pki/issue.ts";
import { createJoinToken, parseJoinToken, rotateJoinTokens } from "../../../../shared/pki/join-token.ts";
import { systemCrypto } from "../../../../shared/pki/ports/crypto-engine.ts";
import { refuseRevoked, revokeNode } from "../../../../shared/pki/revocation.ts";
import { TlsCredentials } from "../../../../shared/pki/tls-credentials.ts";
import { createUnlockKey } from "../../../../shared/pki/unlock-key.ts";
import { systemClock } from "../../../../shared/ports/system-clock.ts";
import { systemRandom } from "../../../../shared/ports/system-random.ts";
import type { NodeCaller } from "../../../../shared/rpc/authorize.ts";
import { connect } from "../../../../shared/rpc/client.ts";
import type { NodeRole } from "../../../../shared/rpc/gen/objects.ts";
import { serverStream } from "../../../../shared/rpc/handler.ts";
import { isNodeRemoved } from "../../../../shared/rpc/node-removed.ts";
import { RpcServer } from "../../../../shared/rpc/rpc-server.ts";
import { services } from "../../../../shared/rpc/schema.ts";
import { CLUSTER_ID, createTestCa, createTestIdentity } from "../../shared/pki/fixtures.ts";
import { FakeStore } from "./fake-store.ts";

const deps = { engine: systemCrypto, clock: systemClock };
let ca: KeyedCertificate;
let manager: NodeIdentity;
let store: FakeStore;

before(async () => {
  ca = await createTestCa();
  manager = await createTestIdentity(ca, { nodeId: "m".repeat(25), role: "MANAGER" });
});

beforeEach(() => {
  store = new FakeStore();
  store.put("cluster", createCluster(CLUSTER_ID as ClusterId, ca, systemRandom, 0, 4789));
});

const cluster = (): Cluster => store.view().cluster();
const tokens = (): { worker: string; manager: string } => mustHave(cluster().rootCa.joinTokens, "tokens");
const nodes = (): readonly Node[] => store.view().all("node");

const admit = (caller: NodeCaller): NodeRole => {
  refuseRevoked(cluster(), caller);
  return actingRole(caller, store.view().get("node", caller.nodeId));
};

/** A manager that serves nothing but the authority, as strangers see it. */
async function startAuthority() {
  const authority = new CertificateAuthority({
    store,
    engine: systemCrypto,
    random: systemRandom,
    clock: systemClock,
    log: silentLogger,
  });
  const credentials = new TlsCredentials(toTlsMaterial(manager));
  const server = new RpcServer(
    { kind: "tls", host: "127.0.0.1", port: 0, credentials },
    { log: silentLogger, admit },
  ).add(services.certificateAuthority, authority.handlers());
  const address = await server.listen();
  return { address, [Symbol.asyncDispose]: () => server.stop(0) };
}

/** The whole join flow of a host. */
async function join(address: string, token: string, availability: Node["spec"]["availability"] = "ACTIVE") {
  const parsed = parseJoinToken(token);
  const rootCa = await fetchRootCa([address], parsed.digest, deps);
  return requestCertificate(
    { addresses: [address], token: parsed.token, rootCa, availability, hostname: "host7" },
    deps,
  );
}

test("a token makes a node of its role, seen in the store before its first session", async () => {
  await using host = await startAuthority();
  const worker = await join(host.address, tokens().worker, "DRAIN");
  assert.equal(worker.role, "WORKER");
  assert.equal(worker.clusterId, CLUSTER_ID);
  assert.equal(worker.rootCa, ca.certificate);
  const node = mustHave(store.view().get("node", worker.nodeId), "node");
  assert.equal(node.role, "WORKER");
  assert.equal(node.spec.desiredRole, "WORKER");
  assert.equal(node.spec.availability, "DRAIN");
  assert.equal(node.description?.hostname, "host7");
  assert.equal(node.status.state, "UNKNOWN");
  assert.equal(node.status.address, "127.0.0.1");

  const second = await join(host.address, tokens().manager);
  assert.equal(second.role, "MANAGER");
  assert.equal(nodes().length, 2);
});

test("a certificate says id, role and cluster, is backdated an hour and lives as long as the cluster wants", async () => {
  await using host = await startAuthority();
  const identity = await join(host.address, tokens().manager);
  const certificate = new X509Certificate(identity.certificate);
  assert.equal(certificate.subject, `CN=${identity.nodeId}\nOU=swarm-manager\nO=${CLUSTER_ID}\nserialNumber=0`);
  assert.equal(certificate.subjectAltName, `DNS:swarm-manager, DNS:${identity.nodeId}, DNS:swarm-ca`);
  assert.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
  const hours = (certificate.validToDate.getTime() - certificate.validFromDate.getTime()) / 3_600_000;
  assert.equal(hours, 90 * 24 + 1);
});

test("a node's next certificate lives as long as the cluster wants by then", async () => {
  await using host = await startAuthority();
  const identity = await join(host.address, tokens().worker);
  store.put("cluster", { ...cluster(), spec: { ...cluster().spec, nodeCertExpiryMs: 24 * 3_600_000 } });
  const next = await renewCertificate([host.address], new TlsCredentials(toTlsMaterial(identity)), deps);
  const { validFromDate, validToDate } = new X509Certificate(next.certificate);
  assert.equal((validToDate.getTime() - validFromDate.getTime()) / 3_600_000, 24 + 1);
});

test("a mistyped, a rotated and a foreign token are refused, and nothing is stored", async () => {
  await using host = await startAuthority();
  const old = tokens().worker;
  const joinTokens = rotateJoinTokens(tokens(), { worker: true, manager: false }, ca.certificate, systemRandom);
  assert.notEqual(joinTokens.worker, old);
  assert.equal(joinTokens.manager, tokens().manager);
  store.put("cluster", { ...cluster(), rootCa: { ...cluster().rootCa, joinTokens } });

  const message = /^A valid join token is necessary to join this cluster: .*swarmctl join-token/;
  await assert.rejects(join(host.address, old), { code: "invalidArgument", message });
  const mistyped = joinTokens.worker.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  await assert.rejects(join(host.address, mistyped), { code: "invalidArgument", message });
  const foreign = createJoinToken((await createTestCa()).certificate, systemRandom);
  await assert.rejects(join(host.address, foreign), {
    code: "permissionDenied",
    message: /^the manager at 127\.0\.0\.1:\d+ does not belong to the swarm that the join token is for/,
  });
  assert.equal(nodes().length, 0);
  assert.equal((await join(host.address, joinTokens.worker)).role, "WORKER");
});

test("a token that is rotated while its join is under way is refused", async () => {
  await using host = await startAuthority();
  const token = tokens().worker;
  store.beforeCommit = () => {
    const joinTokens = rotateJoinTokens(tokens(), { worker: true, manager: true }, ca.certificate, systemRandom);
    store.put("cluster", { ...cluster(), rootCa: { ...cluster().rootCa, joinTokens } });
  };
  await assert.rejects(join(host.address, token), { code: "invalidArgument" });
  assert.equal(nodes().length, 0);
});

test("no manager there: one sentence for one address, all reasons for several", async () => {
  await assert.rejects(join("127.0.0.1:1", tokens().worker), {
    code: "unavailable",
    message: "cannot connect to 127.0.0.1:1: connection refused: nothing listens there, or a firewall rejects it",
  });
  const { digest } = parseJoinToken(tokens().worker);
  await assert.rejects(fetchRootCa(["127.0.0.1:1", "127.0.0.1:2"], digest, deps), {
    code: "unavailable",
    message: /^no manager can be reached: cannot connect to 127\.0\.0\.1:1: .*; cannot connect to 127\.0\.0\.1:2: /,
  });
  await using host = await startAuthority();
  assert.equal(await fetchRootCa(["127.0.0.1:1", host.address], digest, deps), ca.certificate);
});

test("renewal gives a new key and the role the node object has by then", async () => {
  await using host = await startAuthority();
  const worker = await join(host.address, tokens().worker);
  const credentials = new TlsCredentials(toTlsMaterial(worker));
  const same = await renewCertificate([host.address], credentials, deps);
  assert.equal(same.role, "WORKER");
  assert.equal(same.nodeId, worker.nodeId);
  assert.notEqual(same.key, worker.key);

  const node = mustHave(store.view().get("node", worker.nodeId), "node");
  store.put("node", { ...node, role: "MANAGER" });
  assert.equal((await renewCertificate([host.address], credentials, deps)).role, "MANAGER");
});

test("the old certificate of a demoted manager renews to a worker's, and one from before a second promotion as well", async () => {
  await using host = await startAuthority();
  const first = await join(host.address, tokens().manager);
  const node = mustHave(store.view().get("node", first.nodeId), "node");
  store.put("node", { ...node, role: "WORKER", roleGeneration: 1 });
  const credentials = new TlsCredentials(toTlsMaterial(first));
  const renewed = await renewCertificate([host.address], credentials, deps);
  assert.equal(renewed.role, "WORKER");
  assert.match(new X509Certificate(renewed.certificate).subject ?? "", /OU=swarm-worker[\s\S]*serialNumber=1$/);
  store.put("node", { ...node, role: "MANAGER", roleGeneration: 2 });
  assert.equal((await renewCertificate([host.address], credentials, deps)).role, "MANAGER");
});

test("a node that was removed, or never was, gets no certificate", async () => {
  await using host = await startAuthority();
  const worker = await join(host.address, tokens().worker);
  const credentials = new TlsCredentials(toTlsMaterial(worker));
  store.put("cluster", revokeNode(cluster(), worker.nodeId, Date.now()));
  await assert.rejects(renewCertificate([host.address], credentials, deps), isNodeRemoved);

  const ghost = await createTestIdentity(ca, { nodeId: "g".repeat(25) });
  const ghostCredentials = new TlsCredentials(toTlsMaterial(ghost));
  await assert.rejects(renewCertificate([host.address], ghostCredentials, deps), isNodeRemoved);
});

test("an expired certificate renews nothing and says why", async () => {
  await using host = await startAuthority();
  const day = 86_400_000;
  const expired = await createTestIdentity(ca, { issuedMs: Date.now() - 2 * day, lifetimeMs: day });
  await assert.rejects(renewCertificate([host.address], new TlsCredentials(toTlsMaterial(expired)), deps), {
    code: "unauthenticated",
    message: /^the certificate of node n{25} expired at /,
  });
});

test("without token or certificate, with a broken request, or from a member: refused", async () => {
  await using host = await startAuthority();
  const anonymous = new TlsCredentials({ rootCa: ca.certificate, clusterId: null, node: null });
  await using stranger = connect(services.certificateAuthority, host.address, anonymous);
  const { csr } = await createCsr(systemCrypto);
  await assert.rejects(stranger.issueNodeCertificate({ csr }), { code: "unauthenticated" });
  const { worker: token } = tokens();
  await assert.rejects(stranger.issueNodeCertificate({ csr: "nonsense", token }), {
    code: "invalidArgument",
    message: "the certificate request is not PKCS#10 in PEM",
  });
  await using member = connect(services.certificateAuthority, host.address, new TlsCredentials(toTlsMaterial(manager)));
  await assert.rejects(member.issueNodeCertificate({ csr, token }), {
    code: "failedPrecondition",
    message: `this host is already node ${manager.nodeId} of the swarm`,
  });
  assert.equal(nodes().length, 0);
});

test("revocations are forgotten once the certificates have expired by themselves", () => {
  const first = revokeNode(cluster(), "a", 0);
  const lifetimeMs = mustHave(first.revokedCertificates["a"], "entry").expiresAtMs;
  assert.ok(lifetimeMs > first.spec.nodeCertExpiryMs);
  const both = revokeNode(first, "b", lifetimeMs - 1);
  assert.deepEqual(Object.keys(both.revokedCertificates).sort(), ["a", "b"]);
  assert.deepEqual(Object.keys(revokeNode(both, "c", lifetimeMs).revokedCertificates).sort(), ["b", "c"]);
});

test("a manager is told what to lock its keys with, by a leader alone, and nobody else is", async () => {
  await using host = await startAuthority();
  const fetch = async (identity: NodeIdentity) =>
    await fetchWantedLock([host.address], new TlsCredentials(toTlsMaterial(identity)), deps);
  const joiner = await join(host.address, tokens().manager);
  assert.deepEqual(await fetch(joiner), { key: null, version: 0 });
  const unlockKey = createUnlockKey(systemRandom);
  store.put("cluster", { ...cluster(), unlockKey, meta: { ...cluster().meta, version: 7 } });
  assert.deepEqual(await fetch(joiner), { key: unlockKey, version: 7 });
  const worker = await join(host.address, tokens().worker);
  await assert.rejects(fetch(worker), { code: "permissionDenied" });
  store.put("node", { ...mustHave(store.view().get("node", joiner.nodeId), "node"), role: "WORKER" });
  await assert.rejects(fetch(joiner), { code: "permissionDenied" });
  store.put("node", { ...mustHave(store.view().get("node", joiner.nodeId), "node"), role: "MANAGER" });
  store.leading = false;
  await assert.rejects(fetch(joiner), { code: "unavailable" });
});

test("a joining manager locks nothing where its leader is of a release that knows no locks", async () => {
  const credentials = new TlsCredentials(toTlsMaterial(manager));
  await using server = new RpcServer(
    { kind: "tls", host: "127.0.0.1", port: 0, credentials },
    { log: silentLogger },
  ).add(services.logs, { subscribe: serverStream(async () => {}) });
  assert.deepEqual(await fetchWantedLock([await server.listen()], credentials, deps), { key: null, version: 0 });
});
