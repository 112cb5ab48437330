import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toPullError } from "../../../../worker/images/pull-errors.ts";

/** What skopeo 1.9 prints, after the time stamp; the code and the sentence people see. */
const TABLE: readonly (readonly [said: string, code: string, sentence: RegExp])[] = [
  [
    "initializing source docker://nginx:no: reading manifest no in docker.io/library/nginx: manifest unknown: manifest unknown",
    "notFound",
    /^no such image: registry docker.io does not have nginx:no/,
  ],
  [
    "initializing source docker://x: reading manifest latest in h:5000/x: name unknown: repository name not known to registry",
    "notFound",
    /^no such image/,
  ],
  [
    'initializing source docker://x:latest: (Mirrors also failed: [m/x: pinging container registry m: Get \\"http://m/v2/\\": dial tcp 1.2.3.4:80: connect: connection refused]): docker.io/x: requested access to the resource is denied',
    "permissionDenied",
    /^no access to nginx:no: registry docker.io requires a login/,
  ],
  [
    "reading manifest latest in docker.io/x: unauthorized: authentication required",
    "permissionDenied",
    /requires a login/,
  ],
  [
    'pinging container registry 10.0.0.1:5000: Get \\"https://10.0.0.1:5000/v2/\\": http: server gave HTTP response to HTTPS client',
    "failedPrecondition",
    /speaks plain HTTP; mark it insecure in registries.conf/,
  ],
  [
    'pinging container registry h: Get \\"https://h/v2/\\": x509: certificate signed by unknown authority',
    "failedPrecondition",
    /certificate of registry docker.io is not trusted/,
  ],
  [
    'pinging container registry h: Get \\"https://h/v2/\\": dial tcp: lookup h: no such host',
    "unavailable",
    /cannot be reached \(lookup h: no such host\)$/,
  ],
  [
    'pinging container registry h: Get \\"https://h/v2/\\": dial tcp 10.0.0.1:443: connect: no route to host',
    "unavailable",
    /cannot be reached/,
  ],
  ["reading blob sha256:0: Get: net/http: TLS handshake timeout", "unavailable", /cannot be reached/],
  ["reading manifest: received unexpected HTTP status 503 Service Unavailable", "unavailable", /cannot be reached/],
  ["reading manifest: toomanyrequests: You have reached your pull rate limit", "unavailable", /limits the rate/],
  ["writing blob: storing blob to file: write /x: no space left on device", "resourceExhausted", /no space left/],
  [
    "choosing image instance: no image found in manifest list for architecture amd64, variant, OS linux",
    "failedPrecondition",
    /not built for this host's platform/,
  ],
  ["Source image rejected: A signature was required, but no signature exists", "failedPrecondition", /policy/],
  ["something never seen", "internal", /^cannot pull nginx:no: something never seen$/],
];

describe("what skopeo says becomes one sentence", () => {
  for (const [said, code, sentence] of TABLE) {
    it(said.slice(0, 90), () => {
      const error = toPullError(`time="2026-11-21T05:00:00Z" level=fatal msg="${said}"\n`, "nginx:no", "docker.io");
      assert.equal(error.code, code);
      assert.match(error.message, sentence);
      assert.ok(!error.message.includes("level="), error.message);
    });
  }

  it("gives no reason where there was none", () => {
    assert.match(toPullError("", "x", "docker.io").message, /^cannot pull x: skopeo gave no reason$/);
  });
});
