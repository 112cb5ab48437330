import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseImageReference, toFullText, toShortText, withDefaultTag } from "../../../shared/image-reference.ts";

const SHA = `sha256:${"0123456789abcdef".repeat(4)}`;

describe("parseImageReference", () => {
  for (const [text, full, short] of [
    ["nginx", "docker.io/library/nginx:latest", "nginx:latest"],
    ["nginx:1.27", "docker.io/library/nginx:1.27", "nginx:1.27"],
    ["library/nginx", "docker.io/library/nginx:latest", "nginx:latest"],
    ["docker.io/nginx", "docker.io/library/nginx:latest", "nginx:latest"],
    ["index.docker.io/nginx", "docker.io/library/nginx:latest", "nginx:latest"],
    ["grafana/grafana:11", "docker.io/grafana/grafana:11", "grafana/grafana:11"],
    ["localhost/app", "localhost/app:latest", "localhost/app:latest"],
    ["localhost:5000/app:2", "localhost:5000/app:2", "localhost:5000/app:2"],
    ["registry.example/team/app__x-y.z", "registry.example/team/app__x-y.z:latest", undefined],
    ["[fd00::1]:5000/app", "[fd00::1]:5000/app:latest", undefined],
    [`nginx@${SHA}`, `docker.io/library/nginx@${SHA}`, `nginx@${SHA}`],
    [`nginx:1.27@${SHA}`, `docker.io/library/nginx:1.27@${SHA}`, `nginx:1.27@${SHA}`],
  ] as const) {
    it(`reads ${text}`, () => {
      const image = withDefaultTag(parseImageReference(text));
      assert.equal(toFullText(image), full);
      assert.equal(toShortText(image), short ?? full);
      assert.deepEqual(parseImageReference(toShortText(image)), image);
    });
  }

  for (const [text, sentence] of [
    ["", /the image name is empty/],
    [":tag", /the image name is empty/],
    ["NGINX", /invalid image reference "NGINX": the image name must be lowercase/],
    ["nginx:", /"" is not a tag/],
    ["nginx:-x", /"-x" is not a tag/],
    [`nginx:${"x".repeat(129)}`, /is not a tag/],
    ["nginx:a b", /is not a tag/],
    ["a//b", /separators/],
    ["/nginx", /separators/],
    ["nginx/", /separators/],
    ["docker.io/", /separators/],
    ["-nginx", /separators/],
    ["ng inx", /separators/],
    ["my_.app", /separators/],
    ["host:port/app", /"host:port" is not a registry host/],
    ["nginx@sha256:123", /"sha256:123" is not a digest/],
    ["nginx@md5:00", /is not a digest/],
    [SHA.slice(7), /64 hexadecimal digits/],
    ["x".repeat(256), /longer than 255/],
  ] as const) {
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () =>
      assert.throws(() => parseImageReference(text), { code: "invalidArgument", message: sentence }));
  }
});
