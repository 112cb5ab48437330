import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { CertificateAuthority } from "../../../../manager/ca/certificate-authority.ts";
import { createCluster, createNode } from "../../../../manager/ca/first-objects.ts";
import type { ClusterId, NodeId } from "../../../../shared/ids.ts";
import { mustHave } from "../../../../shared/invariant.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { KINDS } from "../../../../shared/objects/kinds.ts";
import type { Cluster } from "../../../../shared/objects/types.ts";
import {
  confirmCertificate,
  fetchRootCa,
  type NodeIdentity,
  renewCertificate,
  requestCertificate,
  toTlsMaterial,
} from "../../../../shared/pki/bootstrap.ts";
import { createRootCa, type KeyedCertificate } from "../../../../shared/pki/issue.ts";
import { parseJoinToken } from "../../../../shared/pki/join-token.ts";
import { systemCrypto } from "../../../../shared/pki/ports/crypto-engine.ts";
import {
  beginRotation,
  finishRotation,
  outstandingNodes,
  prepareRotation,
} from "../../../../shared/pki/root-rotation.ts";
import { believedRoots, fingerprintOf, rootOf } from "../../../../shared/pki/root-trust.ts";
import { TlsCredentials } from "../../../../shared/pki/tls-credentials.ts";
import { systemClock } from "../../../../shared/ports/system-clock.ts";
import { systemRandom } from "../../../../shared/ports/system-random.ts";
import type { NodeRole } from "../../../../shared/rpc/gen/objects.ts";
import { RpcServer } from "../../../../shared/rpc/rpc-server.ts";
import { services } from "../../../../shared/rpc/schema.ts";
import { CLUSTER_ID, createTestCa, createTestIdentity } from "../../shared/pki/fixtures.ts";
import { FakeStore } from "./fake-store.ts";

const deps = { engine: systemCrypto, clock: systemClock };
let ca: KeyedCertificate;
let store: FakeStore;

beforeEach(async () => {
  ca = await createTestCa();
  store = new FakeStore();
  store.put("cluster", createCluster(CLUSTER_ID as ClusterId, ca, systemRandom, 0, 4789));
});

const cluster = (): Cluster => store.view().cluster();
const tokens = (): { worker: string; manager: string } => mustHave(cluster().rootCa.joinTokens, "tokens");

/** A member of the cluster under its present root. */
async function member(letter: string, role: NodeRole): Promise<NodeIdentity> {
  const nodeId = letter.repeat(25) as NodeId;
  store.put(
    "node",
    createNode({ id: nodeId, role, availability: "ACTIVE", hostname: letter, address: "", nowMs: Date.now() }),
  );
  return await createTestIdentity(ca, { nodeId, role });
}

/** A manager that serves the authority and believes what its credentials say. */
async function serve(identity: NodeIdentity) {
  const log = silentLogger;
  const authority = new CertificateAuthority({ ...deps, store, random: systemRandom, log });
  const credentials = new TlsCredentials(toTlsMaterial(identity));
  const server = new RpcServer({ kind: "tls", host: "127.0.0.1", port: 0, credentials }, { log }).add(
    services.certificateAuthority,
    authority.handlers(),
  );
  return { address: await server.listen(), credentials, [Symbol.asyncDispose]: () => server.stop(0) };
}

async function begin(given: KeyedCertificate | null = null): Promise<void> {
  const rotation = await prepareRotation(systemCrypto, cluster(), given, Date.now());
  store.put("cluster", beginRotation(cluster(), cluster(), rotation, systemRandom));
}

const credentialsOf = (identity: NodeIdentity): TlsCredentials => new TlsCredentials(toTlsMaterial(identity));

test("the root is replaced while every node stays in touch, and the old one is worth nothing afterwards", async () => {
  const manager = await member("m", "MANAGER");
  const worker = await member("w", "WORKER");
  await using host = await serve(manager);
  await begin();
  const rotation = mustHave(cluster().rootCa.rotation, "a rotation");
  assert.equal(outstandingNodes(store.view().all("node"), rotation).length, 2);

  // The manager renews through itself, knowing only the old root until then; the worker still knows only the old one.
  const newManager = await renewCertificate([host.address], host.credentials, deps);
  assert.equal(rootOf(newManager.certificate, newManager.rootCa), rotation.fingerprint);
  host.credentials.rotate(toTlsMaterial(newManager));
  const newWorker = await renewCertificate([host.address], credentialsOf(worker), deps);
  assert.equal(newWorker.rootCa, believedRoots(cluster().rootCa));

  await confirmCertificate([host.address], credentialsOf(newManager), deps);
  // The old certificate proves nothing about the new root.
  await assert.rejects(confirmCertificate([host.address], credentialsOf(worker), deps), { code: "unavailable" });
  assert.deepEqual(
    outstandingNodes(store.view().all("node"), rotation).map(({ id }) => id),
    [worker.nodeId],
  );
  await confirmCertificate([host.address], credentialsOf(newWorker), deps);
  assert.deepEqual(outstandingNodes(store.view().all("node"), rotation), []);

  store.put("cluster", finishRotation(cluster(), systemRandom));
  assert.equal(cluster().rootCa.caCert, rotation.caCert);
  assert.equal(cluster().rootCa.rotation, null);
  const rootCa = believedRoots(cluster().rootCa);
  host.credentials.rotate(toTlsMaterial({ ...newManager, rootCa }));
  await assert.rejects(renewCertificate([host.address], credentialsOf(worker), deps), {
    code: "unauthenticated",
    message: /was not issued by this swarm's certificate authority/,
  });
  await renewCertificate([host.address], credentialsOf({ ...newWorker, rootCa }), deps);
});

test("a manager that has not heard of the new root believes its certificates by what they bring along", async () => {
  const manager = await member("m", "MANAGER");
  const worker = await member("w", "WORKER");
  await using host = await serve(manager);
  await begin();
  const newWorker = await renewCertificate([host.address], credentialsOf(worker), deps);
  assert.equal(host.credentials.material.rootCa, ca.certificate);
  await renewCertificate([host.address], credentialsOf(newWorker), deps);
  // It cannot tell which root it is, so it does not say that it saw it.
  await assert.rejects(confirmCertificate([host.address], credentialsOf(newWorker), deps), { code: "unavailable" });
});

test("join secrets are new at once and again at the end; hosts join all the while", async () => {
  const manager = await member("m", "MANAGER");
  await using host = await serve(manager);
  const join = async (token: string): Promise<NodeIdentity> => {
    const parsed = parseJoinToken(token);
    const rootCa = await fetchRootCa([host.address], parsed.digest, deps);
    const request = { addresses: [host.address], token: parsed.token, rootCa, hostname: "new" };
    return await requestCertificate({ ...request, availability: "ACTIVE" }, deps);
  };
  const before = tokens();
  await begin();
  for (const old of [before.worker, before.manager]) await assert.rejects(join(old), { code: "invalidArgument" });
  const joined = await join(tokens().worker);
  assert.equal(rootOf(joined.certificate, joined.rootCa), cluster().rootCa.rotation?.fingerprint);
  host.credentials.rotate(toTlsMaterial(await renewCertificate([host.address], host.credentials, deps)));
  assert.equal((await join(tokens().worker)).role, "WORKER");
  const during = tokens();
  store.put("cluster", finishRotation(cluster(), systemRandom));
  await assert.rejects(join(during.worker), { code: "permissionDenied", message: /does not belong to the swarm/ });
  assert.equal((await join(tokens().manager)).role, "MANAGER");
});

test("one rotation at a time; the new key leaves the managers no more than the old one", async () => {
  await begin();
  await assert.rejects(begin(), { code: "failedPrecondition", message: /node rm --force/ });
  const concealed = KINDS.cluster.conceal(cluster()).rootCa;
  assert.equal(concealed.caKey, "");
  assert.equal(concealed.rotation?.caKey, "");
});

test("a root that somebody brings is taken when it is one, and refused with the reason when not", async () => {
  const own = await createRootCa(systemCrypto, Date.now(), { isSuccessor: true });
  const other = await createTestCa();
  const node = await createTestIdentity(ca);
  const year = 365 * 86_400_000;
  const old = await createRootCa(systemCrypto, Date.now() - 19.5 * year);
  for (const [given, message] of [
    [{ certificate: own.certificate, key: other.key }, /the key does not belong to the certificate/],
    [{ certificate: node.certificate, key: node.key }, /not one of an authority/],
    [old, /valid for at least another year/],
    [{ certificate: "nonsense", key: own.key }, /both must be PEM/],
    [ca, /the one the swarm already has/],
  ] as const) {
    await assert.rejects(prepareRotation(systemCrypto, cluster(), given, Date.now()), {
      code: "invalidArgument",
      message,
    });
  }
  await begin(own);
  assert.equal(cluster().rootCa.rotation?.fingerprint, fingerprintOf(own.certificate));
});
