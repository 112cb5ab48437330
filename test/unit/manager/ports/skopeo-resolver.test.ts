import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { SkopeoResolver, toFault } from "../../../../manager/ports/skopeo-resolver.ts";
import { parseImageReference, withDefaultTag } from "../../../../shared/image-reference.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { never } from "../../../support/control-api.ts";
import { Registry } from "../../../support/registry.ts";

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

describe("SkopeoResolver on a real registry", () => {
  let folder: string;
  let registry: Registry;
  let resolver: SkopeoResolver;
  let manifestDigest: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "swarm-image-"));
    registry = await Registry.start();
    manifestDigest = writeImage(join(folder, "image"));
    registry.push(`oci:${join(folder, "image")}:latest`, "library/nginx:latest");
    resolver = new SkopeoResolver({ log: silentLogger, registriesConf: registry.registriesConf });
  });

  after(async () => {
    await registry[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it("finds digest and platform", async () => {
    assert.deepEqual(await resolver.resolve(image("nginx"), never), {
      digest: manifestDigest,
      platforms: [{ architecture: "x86_64", os: "linux" }],
    });
  });

  it("refuses an unknown tag and an unknown image", async () => {
    for (const name of ["nginx:nope", "who/knows:1"]) {
      await assert.rejects(resolver.resolve(image(name), never), {
        code: "notFound",
        message: `image ${name} not found in registry docker.io: check its name and tag`,
      });
    }
  });

  it("says that a registry nobody listens at cannot be reached", async () => {
    await assert.rejects(resolver.resolve(image(`${registry.deserted}/app`), never), {
      code: "unavailable",
      message: /^registry 127\.[\d.]+:\d+ cannot be reached or does not answer$/,
    });
  });

  it("gives up on a registry that is silent", async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const impatient = new SkopeoResolver({ log: silentLogger, registriesConf: null, timeoutMs: 200 });
    try {
      await assert.rejects(impatient.resolve(image(`127.0.0.1:${portOf(silent)}/app`), never), { code: "unavailable" });
    } finally {
      silent.close();
    }
  });

  it("says when skopeo itself is missing", async () => {
    const without = new SkopeoResolver({ log: silentLogger, registriesConf: null, skopeo: "no-such-program" });
    await assert.rejects(without.resolve(image("nginx"), never), { code: "unavailable", message: /not installed/ });
  });
});

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening on a port");
  return address.port;
}

/** An image without layers as an OCI layout; returns its manifest's digest. */
function writeImage(folder: string): string {
  const blobs = join(folder, "blobs/sha256");
  mkdirSync(blobs, { recursive: true });
  const put = (content: object) => {
    const bytes = Buffer.from(JSON.stringify(content));
    const hash = createHash("sha256").update(bytes).digest("hex");
    writeFileSync(join(blobs, hash), bytes);
    return { digest: `sha256:${hash}`, size: bytes.length };
  };
  const config = put({ architecture: "amd64", os: "linux", config: {}, rootfs: { type: "layers", diff_ids: [] } });
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = put({
    schemaVersion: 2,
    mediaType,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
    layers: [],
  });
  const annotations = { "org.opencontainers.image.ref.name": "latest" };
  writeFileSync(
    join(folder, "index.json"),
    JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, ...manifest, annotations }] }),
  );
  writeFileSync(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  return manifest.digest;
}
