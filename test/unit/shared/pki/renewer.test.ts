import assert from "node:assert/strict";
import { before, test } from "node:test";
import { SwarmError } from "../../../../shared/errors.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { type NodeIdentity, toTlsMaterial } from "../../../../shared/pki/bootstrap.ts";
import { type KeyedCertificate, signCertificate, verifyCsr } from "../../../../shared/pki/issue.ts";
import { KeyStore } from "../../../../shared/pki/key-store.ts";
import { systemCrypto } from "../../../../shared/pki/ports/crypto-engine.ts";
import type { KeyFiles } from "../../../../shared/pki/ports/key-files.ts";
import { CertificateRenewer } from "../../../../shared/pki/renewer.ts";
import { TlsCredentials } from "../../../../shared/pki/tls-credentials.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { systemClock } from "../../../../shared/ports/system-clock.ts";
import { nodeRemovedError } from "../../../../shared/rpc/node-removed.ts";
import { RpcServer } from "../../../../shared/rpc/rpc-server.ts";
import { services } from "../../../../shared/rpc/schema.ts";
import { unary } from "../../../../shared/rpc/server.ts";
import { createTestCa, createTestIdentity } from "./fixtures.ts";

let ca: KeyedCertificate;
let manager: NodeIdentity;
before(async () => {
  ca = await createTestCa();
  manager = await createTestIdentity(ca, { nodeId: "m".repeat(25), role: "MANAGER" });
});

function memoryFiles(): KeyFiles & { readonly all: Map<string, string> } {
  const all = new Map<string, string>();
  return {
    all,
    read: async (name) => all.get(name) ?? null,
    write: async (name, text) => void all.set(name, text),
    remove: async (name) => void all.delete(name),
  };
}

/** A manager that answers renewals with what `answer` says: a role, or an error to throw. */
async function startAuthority(answer: () => "WORKER" | "MANAGER" | SwarmError) {
  const server = new RpcServer(
    { kind: "tls", host: "127.0.0.1", port: 0, credentials: new TlsCredentials(toTlsMaterial(manager)) },
    { log: silentLogger },
  ).add(services.certificateAuthority, {
    getRootCertificate: unary(async () => ({ certificate: ca.certificate })),
    issueNodeCertificate: unary(async (request, { caller }) => {
      const role = answer();
      if (role instanceof SwarmError) throw role;
      assert.ok(caller.kind === "node");
      const verdict = await verifyCsr(systemCrypto, request.csr);
      assert.ok(verdict.kind === "valid");
      const { nodeId, clusterId } = caller;
      const about = { csr: verdict.csr, nodeId, role, clusterId, nowMs: Date.now(), lifetimeMs: 3_600_000 };
      return { nodeId, clusterId, role, certificate: await signCertificate(systemCrypto, ca, about) };
    }),
  });
  return { address: await server.listen(), [Symbol.asyncDispose]: () => server.stop(0) };
}

function startRenewer(identity: NodeIdentity, address: string) {
  const credentials = new TlsCredentials(toTlsMaterial(identity));
  const files = memoryFiles();
  const renewed = Promise.withResolvers<NodeIdentity>();
  const removed = Promise.withResolvers<SwarmError>();
  const stop = new AbortController();
  const renewer = new CertificateRenewer({
    credentials,
    keyStore: new KeyStore(files),
    addresses: () => [address],
    engine: systemCrypto,
    clock: systemClock,
    random: seededRandom(7),
    log: silentLogger,
    onRenewed: renewed.resolve,
    onRemoved: removed.resolve,
  });
  const running = renewer.run(stop.signal);
  return {
    renewer,
    credentials,
    files,
    renewed: renewed.promise,
    removed: removed.promise,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  };
}

test("an old certificate is renewed by itself, saved and put to use", async () => {
  await using authority = await startAuthority(() => "WORKER");
  const day = 86_400_000;
  const old = await createTestIdentity(ca, { issuedMs: Date.now() - 9 * day, lifetimeMs: 10 * day });
  await using host = startRenewer(old, authority.address);
  const fresh = await host.renewed;
  assert.equal(host.credentials.material.node?.certificate, fresh.certificate);
  assert.equal(host.files.all.get("swarm-node.crt")?.trim(), fresh.certificate.trim());
});

test("a promoted node gets its new certificate when told, after a passing fault too", async () => {
  const answers = [new SwarmError("unavailable", "no leader"), "MANAGER"] as const;
  let asked = 0;
  await using authority = await startAuthority(() => answers[Math.min(asked++, 1)] ?? "MANAGER");
  await using host = startRenewer(await createTestIdentity(ca), authority.address);
  assert.equal(asked, 0);
  host.renewer.renewNow();
  assert.equal((await host.renewed).role, "MANAGER");
  assert.equal(asked, 2);
});

test("a removed node is told so and stops asking", async () => {
  await using authority = await startAuthority(() => nodeRemovedError("n1"));
  await using host = startRenewer(await createTestIdentity(ca), authority.address);
  host.renewer.renewNow();
  assert.match((await host.removed).message, /was removed from the swarm/);
});
