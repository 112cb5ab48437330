import assert from "node:assert/strict";
import { before, test } from "node:test";
import { InvariantError } from "../../../shared/invariant.ts";
import { silentLogger } from "../../../shared/log.ts";
import type { KeyedCertificate } from "../../../shared/pki/issue.ts";
import { fingerprintOf } from "../../../shared/pki/root-trust.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import type { ClusterView } from "../../../shared/rpc/gen/dispatcher.ts";
import { type HeldIdentity, IdentityFollower, nextIdentityStep } from "../../../swarmd/identity-follower.ts";
import { createNode } from "../../support/objects.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { createTestCa, createTestIdentity } from "../shared/pki/fixtures.ts";

let old: KeyedCertificate;
let next: KeyedCertificate;
let held: HeldIdentity;
let renewed: HeldIdentity;
let both: string;

before(async () => {
  old = await createTestCa();
  next = await createTestCa();
  both = `${old.certificate}${next.certificate}`;
  held = { ...(await createTestIdentity(old)), actsAs: "WORKER", actsSince: 0 };
  renewed = { ...(await createTestIdentity(next)), rootCa: both, actsAs: "WORKER", actsSince: 0 };
});

const view = (part: Partial<ClusterView>): ClusterView => ({
  node: createNode("n1"),
  managers: [],
  rootCa: old.certificate,
  gossipKeys: null,
  gossipAddresses: [],
  certificateRoot: "",
  era: 0,
  heartbeatPeriodMs: 500,
  ...part,
});

test("a node believes the new root first, then renews, then shows its certificate, then waits", () => {
  const certificateRoot = fingerprintOf(next.certificate);
  const rotating = view({ rootCa: both, certificateRoot });
  assert.equal(nextIdentityStep(view({}), held, ""), null);
  assert.deepEqual(nextIdentityStep(rotating, held, ""), { kind: "believe", rootCa: both });
  assert.equal(nextIdentityStep(rotating, { ...held, rootCa: both }, "")?.kind, "renew");
  assert.equal(nextIdentityStep(rotating, renewed, "")?.kind, "confirm");
  assert.equal(nextIdentityStep(rotating, renewed, certificateRoot), null);
  const shown = { ...rotating, node: { ...createNode("n1"), certificateRoot } };
  assert.equal(nextIdentityStep(shown, renewed, ""), null);
  const finished = view({ rootCa: next.certificate, node: shown.node });
  assert.deepEqual(nextIdentityStep(finished, renewed, ""), { kind: "believe", rootCa: next.certificate });
});

test("a node renews for a role that its certificate does not have, and knows nothing to do without a view of itself", () => {
  const promoted = view({ node: createNode("n1", { role: "MANAGER" }) });
  assert.deepEqual(nextIdentityStep(promoted, held, ""), { kind: "renew", why: "its role is manager now" });
  assert.equal(nextIdentityStep(view({ node: null, rootCa: "" }), held, ""), null);
});

test("a certificate of another role is followed by its parts, for as long as it takes", async () => {
  const clock = new VirtualClock();
  let node: HeldIdentity = held;
  const steps: string[] = [];
  let failures = 3;
  const follower = new IdentityFollower({
    log: silentLogger,
    clock,
    random: seededRandom(1),
    held: () => node,
    async take({ kind }) {
      steps.push(kind);
      if (kind === "renew") node = { ...node, role: "MANAGER" };
      else if (failures-- > 0) throw new Error("the disk is full");
      else node = { ...node, actsAs: node.role };
    },
  });
  const end = new AbortController();
  const running = follower.run(end.signal);
  running.catch(() => {});
  follower.offer(view({ node: createNode("n1", { role: "MANAGER" }) }));
  await clock.until("its parts run", () => node.actsAs === "MANAGER");
  assert.deepEqual(steps, ["renew", "takeUp", "takeUp", "takeUp", "takeUp"]);
  // The renewal before a certificate expires may bring a role as well.
  node = { ...node, role: "WORKER" };
  follower.offer(view({ node: createNode("n1") }));
  await clock.until("its parts end", () => node.actsAs === "WORKER");
  end.abort();
  await assert.rejects(running);
});

test("a promotion that is taken back before its parts begin, begins none", () => {
  const promoted: HeldIdentity = { ...held, role: "MANAGER", actsAs: "WORKER" };
  assert.equal(nextIdentityStep(view({ node: createNode("n1") }), promoted, "")?.kind, "renew");
});

test("a demotion that is taken back ends the old manager before a new one begins", async () => {
  const clock = new VirtualClock();
  let node: HeldIdentity = { ...held, role: "MANAGER", actsAs: "MANAGER" };
  const promoted = view({ node: createNode("n1", { role: "MANAGER" }) });
  const steps: string[] = [];
  const follower = new IdentityFollower({
    log: silentLogger,
    clock,
    random: seededRandom(1),
    held: () => node,
    async take({ kind }) {
      steps.push(kind === "takeUp" ? node.role.toLowerCase() : kind);
      if (kind === "takeUp") node = { ...node, actsAs: node.role };
      else node = { ...node, role: steps.length === 1 ? "WORKER" : "MANAGER" };
      // Promoted again before the certificate of the demotion has come.
      follower.offer(promoted);
    },
  });
  const end = new AbortController();
  const running = follower.run(end.signal);
  running.catch(() => {});
  follower.offer(view({ node: createNode("n1") }));
  await clock.until("it is a manager again", () => steps.length >= 4);
  assert.deepEqual(steps, ["renew", "worker", "renew", "manager"]);
  end.abort();
  await assert.rejects(running);
});

test("a manager that never heard of its demotion takes its next promotion up as a new one", async () => {
  const manager = async (roleGeneration: number): Promise<Partial<HeldIdentity>> =>
    await createTestIdentity(old, { role: "MANAGER", roleGeneration });
  const before: HeldIdentity = { ...held, ...(await manager(1)), actsAs: "MANAGER", actsSince: 1 };
  const again = { ...createNode("n1", { role: "MANAGER" }), roleGeneration: 3 };
  const told = view({ node: again });
  assert.equal(nextIdentityStep(view({ node: { ...again, roleGeneration: 1 } }), before, ""), null);
  assert.deepEqual(nextIdentityStep(told, before, ""), { kind: "renew", why: "it was demoted and promoted again" });
  // The same when it asked for a worker's certificate and had been promoted again by then.
  const renewed = { ...before, ...(await manager(3)) };
  assert.deepEqual(nextIdentityStep(told, renewed, ""), { kind: "takeUp" });
  assert.equal(nextIdentityStep(told, { ...renewed, actsSince: 3 }, ""), null);
});

test("a leader that is behind does not end a manager by an older generation", async () => {
  const certificate = await createTestIdentity(old, { role: "MANAGER", roleGeneration: 1 });
  const manager: HeldIdentity = { ...held, ...certificate, actsAs: "MANAGER", actsSince: 3 };
  assert.equal(nextIdentityStep(view({ node: createNode("n1", { role: "MANAGER" }) }), manager, ""), null);
});

test("a broken promise of our own code is not tried again", async () => {
  const follower = new IdentityFollower({
    log: silentLogger,
    clock: new VirtualClock(),
    random: seededRandom(1),
    held: () => held,
    take: () => Promise.reject(new InvariantError("two managers")),
  });
  follower.offer(view({ node: createNode("n1", { role: "MANAGER" }) }));
  await assert.rejects(follower.run(new AbortController().signal), InvariantError);
});
