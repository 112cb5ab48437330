import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import {
  createJoinToken,
  createJoinTokens,
  parseJoinToken,
  roleOfToken,
  rootDigest,
} from "../../../../shared/pki/join-token.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";

const PEM = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n";

test("a token is SWMTKN-1, 50 digits over the PEM's bytes, 25 digits of secret", () => {
  const token = createJoinToken(PEM, seededRandom(1));
  assert.match(token, /^SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}$/);
  const expected = BigInt(`0x${createHash("sha256").update(PEM).digest("hex")}`)
    .toString(36)
    .padStart(50, "0");
  assert.equal(parseJoinToken(token).digest, expected);
  assert.equal(rootDigest(PEM), expected);
  assert.notEqual(rootDigest(`${PEM}\n`), expected);
});

test("small numbers are padded on the left", () => {
  const zeros = { below: () => 0, bytes: (length: number) => new Uint8Array(length), fork: () => zeros };
  assert.match(createJoinToken(PEM, zeros), /-0{25}$/);
});

test("each token stands for its own role and no other text for any", () => {
  const tokens = createJoinTokens(PEM, seededRandom(2));
  assert.equal(roleOfToken(tokens.worker, tokens), "WORKER");
  assert.equal(roleOfToken(tokens.manager, tokens), "MANAGER");
  for (const wrong of ["", `${tokens.worker}x`, tokens.worker.slice(0, -1), tokens.worker.toUpperCase()]) {
    assert.equal(roleOfToken(wrong, tokens), null);
  }
});

test("white space around a pasted token does no harm", () => {
  const token = createJoinToken(PEM, seededRandom(3));
  assert.equal(parseJoinToken(`  ${token}\n`).token, token);
});

for (const [what, change, message] of [
  ["empty", () => "", /^a join token is needed/],
  ["of something else", () => "abc", /^invalid join token: it must look like SWMTKN-1-DIGEST-SECRET$/],
  ["cut off after the digest", (t: string) => t.slice(0, t.lastIndexOf("-")), /must look like/],
  ["with one part too many", (t: string) => `${t}-x`, /must look like/],
  ["of another version", (t: string) => t.replace("-1-", "-2-"), /version 2 is not known here/],
  ["with a short secret", (t: string) => t.slice(0, -1), /its secret must have 25 characters/],
  ["with a short digest", (t: string) => t.replace(/-1-./, "-1-"), /its digest must have 50 characters/],
  ["in capitals", (t: string) => t.replace(/.$/, "A"), /its secret must have 25 characters/],
] as const) {
  test(`a token ${what} is refused with what is wrong`, () => {
    const token = createJoinToken(PEM, seededRandom(4));
    assert.throws(() => parseJoinToken(change(token)), { code: "invalidArgument", message });
  });
}
