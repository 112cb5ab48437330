import assert from "node:assert/strict";
import { test } from "node:test";
import { type FaultCode, SwarmError } from "../../../../shared/errors.ts";
import { connectError } from "../../../../shared/rpc/connect-error.ts";
import { DETAIL_METADATA_KEY } from "../../../../shared/rpc/error-detail.ts";
import { isNodeRemoved, nodeRemovedError } from "../../../../shared/rpc/node-removed.ts";
import { NotLeaderError } from "../../../../shared/rpc/not-leader.ts";
import { fromStatus, INTERNAL_SENTENCE, toStatus } from "../../../../shared/rpc/status.ts";

const CODES: readonly FaultCode[] = [
  "invalidArgument",
  "notFound",
  "alreadyExists",
  "failedPrecondition",
  "permissionDenied",
  "unauthenticated",
  "unavailable",
  "resourceExhausted",
  "deadlineExceeded",
  "aborted",
  "unimplemented",
  "cancelled",
  "internal",
];

test("every fault code has a status of its own and comes back from it", () => {
  const statuses = new Set<number>();
  for (const code of CODES) {
    const status = toStatus(new SwarmError(code, `why ${code}`));
    statuses.add(status.code);
    const back = fromStatus(status);
    assert.equal(back.code, code);
    assert.equal(back.message, `why ${code}`);
  }
  assert.equal(statuses.size, CODES.length);
});

for (const detail of [
  { kind: "notLeader", leaderAddress: "10.0.0.1:2377" },
  { kind: "notLeader", leaderAddress: null },
  { kind: "imageNotLookedUp", image: "far/a:1", reason: "no answer" },
  { kind: "nodeRemoved", nodeId: "n1" },
  { kind: "nodeRemoved", nodeId: "\u00e4\n\ud83d\ude00" },
] as const) {
  test(`what programs must know of an error travels with it: ${JSON.stringify(detail)}`, () => {
    const back = fromStatus(toStatus(new SwarmError("permissionDenied", "a sentence nobody reads", { detail })));
    assert.deepEqual(back.detail, detail);
    assert.equal(isNodeRemoved(back), detail.kind === "nodeRemoved");
    assert.equal(back instanceof NotLeaderError, detail.kind === "notLeader");
  });
}

for (const said of [
  "",
  "{",
  "null",
  "7",
  "{}",
  '{"kind":{}}',
  '{"kind":"toString"}',
  '{"kind":"later","x":1}',
  '{"kind":"nodeRemoved","nodeId":7}',
]) {
  test(`a detail that is not understood is left out and the error stands: ${said}`, () => {
    const status = toStatus(new SwarmError("permissionDenied", "why"));
    status.metadata.set(DETAIL_METADATA_KEY, said);
    const back = fromStatus(status);
    assert.deepEqual([back.code, back.message, back.detail], ["permissionDenied", "why", null]);
  });
}

test("the same sentence without the detail does not say that a node was removed", () => {
  const { code, message } = nodeRemovedError("n1");
  assert.equal(isNodeRemoved(new SwarmError(code, message)), false);
});

for (const thrown of [new Error("path /secret"), "text", null, undefined, { code: 5 }]) {
  test(`a thrown ${JSON.stringify(thrown) ?? "undefined"} is internal and keeps its text to itself`, () => {
    assert.deepEqual({ ...toStatus(thrown), metadata: null }, { code: 13, details: INTERNAL_SENTENCE, metadata: null });
  });
}

test("codes we never send are internal", () => {
  for (const code of [2, 11, 15, 99]) assert.equal(fromStatus({ code, details: "x" }).code, "internal");
});

for (const [text, sentence] of [
  ["No connection established. Last error: connect ECONNREFUSED 10.0.0.1:2377 (2026-01-01T00:00:00.000Z)", /refused/],
  ["No connection established. Last error: connect EHOSTUNREACH 10.0.0.1:2377 (x)", /no route to that host$/],
  ["connect ENOENT /run/swarm/swarmd.sock", /no such socket$/],
  [
    "write EPROTO 80DB:error:0A0000C6:SSL routines:tls_get_more_records:packet length too long:ssl/record/methods.c:662:",
    /: it does not speak TLS 1.3 there; managers listen on port 2377 unless told otherwise$/,
  ],
  [
    "Client network socket disconnected before secure TLS connection was established",
    /: the connection was closed before TLS began; managers listen on port 2377 unless told otherwise$/,
  ],
  ["self-signed certificate in certificate chain", /was not issued by this swarm's certificate authority$/],
  [
    "No connection established. Last error: node x answers there, which is not a manager (2026-01-01T00:00:00.000Z). Resolution note: ",
    /: node x answers there, which is not a manager$/,
  ],
] as const) {
  test(`"${text.slice(0, 60)}" is one sentence for people`, () => {
    const error = connectError("10.0.0.1:2377", text);
    assert.equal(error.code, "unavailable");
    assert.match(error.message, sentence);
    assert.ok(error.message.startsWith("cannot connect to 10.0.0.1:2377: "));
  });
}

test("a full disk is said in a sentence, without the path that was to be written", () => {
  const fault = Object.assign(new Error("EROFS: read-only file system, mkdir '/var/lib/x'"), { code: "EROFS" });
  const { details } = toStatus(Object.assign(fault, { path: "/var/lib/x" }));
  assert.equal(details, "the disk of this host cannot be written: it is read-only");
});
