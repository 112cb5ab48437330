import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { KeyedCertificate } from "../../../shared/pki/issue.ts";
import { fingerprintOf } from "../../../shared/pki/root-trust.ts";
import type { ClusterView } from "../../../shared/rpc/gen/dispatcher.ts";
import { type HeldIdentity, nextIdentityStep } from "../../../swarmd/identity-follower.ts";
import { createNode } from "../../support/objects.ts";
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
  held = await createTestIdentity(old);
  renewed = { ...(await createTestIdentity(next)), rootCa: both };
});

const view = (part: Partial<ClusterView>): ClusterView => ({
  node: createNode("n1"),
  managers: [],
  rootCa: old.certificate,
  gossipKeys: null,
  gossipAddresses: [],
  certificateRoot: "",
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
