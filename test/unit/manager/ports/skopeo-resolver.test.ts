import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SkopeoResolver, toFault } from "../../../../manager/ports/skopeo-resolver.ts";
import { parseImageReference, withDefaultTag } from "../../../../shared/image-reference.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { never } from "../../../support/control-api.ts";

const image = (text: string) => withDefaultTag(parseImageReference(text));

describe("what skopeo says", () => {
  const prefix = 'time="x" level=fatal msg="Error parsing image name \\"docker://docker.io/library/nginx:nope\\": ';
  for (const [claim, stderr, code] of [
    ["an unknown tag", `${prefix}reading manifest nope in hub:5000/library/nginx: manifest unknown"`, "notFound"],
    ["an unknown repository", `${prefix}name unknown: repository name not known to registry"`, "notFound"],
    ["a private repository", `${prefix}denied: requested access to the resource is denied"`, "notFound"],
    ["a missing login", `${prefix}unauthorized: authentication required"`, "notFound"],
    [
      "nobody listening",
      `${prefix}pinging container registry hub:5000: dial tcp: connect: connection refused"`,
      "unavailable",
    ],
    ["an unknown host", `${prefix}dial tcp: lookup hub: no such host"`, "unavailable"],
    ["a bad certificate", `${prefix}x509: certificate signed by unknown authority"`, "unavailable"],
    ["an unreadable file", `${prefix}open /etc/containers/registries.conf: permission denied"`, "unavailable"],
    ["nothing, when it was killed", "", "unavailable"],
    [
      "that the registry is down and its mirror does not have the image",
      `${prefix}(Mirrors also failed: [hub:5000/library/nginx:nope: manifest unknown]): docker.io/library/nginx:nope: connection refused"`,
      "unavailable",
    ],
    [
      "that the mirror is down and the registry does not have the image",
      `${prefix}(Mirrors also failed: [hub:5000/library/nginx:nope: connection refused]): docker.io/library/nginx:nope: manifest unknown"`,
      "notFound",
    ],
  ] as const) {
    it(`of ${claim} means ${code}, in words without the mirror's address`, () => {
      const fault = toFault(image("nginx:nope"), stderr);
      assert.equal(fault.code, code);
      assert.match(fault.message, /registry docker\.io/);
      assert.doesNotMatch(fault.message, /hub/);
      if (code === "notFound") assert.match(fault.message, /^image nginx:nope not found in registry docker\.io/);
    });
  }
});

describe("SkopeoResolver", () => {
  it("says when skopeo itself is missing", async () => {
    const without = new SkopeoResolver({ log: silentLogger, registriesConf: null, skopeo: "no-such-program" });
    await assert.rejects(without.resolve(image("nginx"), never), { code: "unavailable", message: /not installed/ });
  });
});
