/** What every resolver of images promises, on Debian's docker-registry. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { ImageResolver } from "../../manager/ports/image-resolver.ts";
import { SkopeoResolver } from "../../manager/ports/skopeo-resolver.ts";
import { RegistryResolver } from "../../manager/registry/registry-resolver.ts";
import { parseImageReference, withDefaultTag } from "../../shared/image-reference.ts";
import { silentLogger } from "../../shared/log.ts";
import type { LoginSpec } from "../../shared/objects/types.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { LoginsAndFiles } from "../../shared/registry/find-credentials.ts";
import { systemCredentialPrograms } from "../../shared/registry/ports/credential-programs.ts";
import { SystemRegistryFiles } from "../../shared/registry/ports/registry-files.ts";
import { NodeRegistryHttp } from "../../shared/registry/ports/registry-http.ts";
import { never } from "../support/control-api.ts";
import { Registry } from "../support/registry.ts";

const image = (text: string) => withDefaultTag(parseImageReference(text));
const http = new NodeRegistryHttp();

/** Of this process, what this suite sets. */
function environment(): Readonly<Record<string, string | undefined>> {
  return { REGISTRY_AUTH_FILE: process.env["REGISTRY_AUTH_FILE"] };
}

/** The swarm's logins, by name. */
const logins = new Map<string, LoginSpec>();

function filesOf(registriesConf: string | null): { files: SystemRegistryFiles; credentials: LoginsAndFiles } {
  const files = new SystemRegistryFiles({ registriesConf, environment: environment(), home: "/nonexistent" });
  const loginOf = (name: string): LoginSpec | undefined => logins.get(name);
  return { files, credentials: new LoginsAndFiles({ files, programs: systemCredentialPrograms, loginOf }) };
}

type Make = (registriesConf: string | null, timeoutMs?: number) => ImageResolver;

/** Must never be asked in this suite: the resolver in the process can answer all of it. */
const nobody: ImageResolver = { resolve: () => Promise.reject(new Error("left to skopeo")) };

const RESOLVERS: readonly (readonly [name: string, make: Make])[] = [
  [
    "SkopeoResolver",
    (registriesConf, timeoutMs) =>
      new SkopeoResolver({ log: silentLogger, registriesConf, ...(timeoutMs === undefined ? {} : { timeoutMs }) }),
  ],
  [
    "RegistryResolver",
    (registriesConf, timeoutMs) =>
      new RegistryResolver({
        http,
        ...filesOf(registriesConf),
        fallback: nobody,
        clock: systemClock,
        log: silentLogger,
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      }),
  ],
];

/** bcrypt of "pass word". */
const HASH = "$2y$05$abcdefghijklmnopqrstuuIt/9/tGzLcigNq/.RWIDjeEVR30RSf.";

let folder: string;
let registry: Registry;
let manifestDigest: string;
let listDigest: string;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "swarm-image-"));
  registry = await Registry.start();
  const written = writeImage(join(folder, "image"));
  manifestDigest = written.digest;
  registry.push(`oci:${join(folder, "image")}:latest`, "library/nginx:latest");
  listDigest = await pushList(written);
});

after(async () => {
  http[Symbol.dispose]();
  await registry[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

for (const [name, make] of RESOLVERS) {
  describe(`${name} on a real registry`, () => {
    it("finds digest and platform of a plain image", async () => {
      assert.deepEqual(await make(registry.registriesConf).resolve(image("nginx"), never), {
        digest: manifestDigest,
        platforms: [{ architecture: "x86_64", os: "linux" }],
      });
    });

    it("finds digest and platforms of a list, without those on which nothing runs", async () => {
      assert.deepEqual(await make(registry.registriesConf).resolve(image("nginx:all"), never), {
        digest: listDigest,
        platforms: [
          { architecture: "x86_64", os: "linux" },
          { architecture: "aarch64", os: "linux" },
        ],
      });
    });

    it("refuses an unknown tag and an unknown image", async () => {
      for (const unknown of ["nginx:nope", "who/knows:1"]) {
        await assert.rejects(make(registry.registriesConf).resolve(image(unknown), never), {
          code: "notFound",
          message: `image ${unknown} not found in registry docker.io: check its name and tag`,
        });
      }
    });

    it("asks the registry when its mirror is down, and a mirror before the registry", async () => {
      const rule = (location: string, mirror: string): string =>
        `[[registry]]\nprefix = "docker.io"\nlocation = "${location}"\ninsecure = true\n` +
        `[[registry.mirror]]\nlocation = "${mirror}"\ninsecure = true\n`;
      const { address, deserted } = registry;
      for (const text of [rule(address, deserted), rule(deserted, address)]) {
        const conf = join(folder, "mirrors.conf");
        writeFileSync(conf, text);
        const { digest } = await make(conf).resolve(image("nginx"), never);
        assert.equal(digest, manifestDigest);
      }
    });

    it("refuses a blocked registry", async () => {
      const conf = join(folder, "blocked.conf");
      writeFileSync(conf, `[[registry]]\nlocation = "docker.io"\nblocked = true\n`);
      await assert.rejects(make(conf).resolve(image("nginx"), never), {
        code: "failedPrecondition",
        message: "registry docker.io is blocked by this manager's registries.conf",
      });
    });

    it("says that a registry nobody listens at cannot be reached", async () => {
      await assert.rejects(make(registry.registriesConf).resolve(image(`${registry.deserted}/app`), never), {
        code: "unavailable",
        message: /^registry 127\.[\d.]+:\d+ cannot be reached or does not answer$/,
      });
    });

    it("gives up on a registry that is silent", async () => {
      const silent = createServer();
      await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
      try {
        const asked = image(`127.0.0.1:${portOf(silent)}/app`);
        await assert.rejects(make(null, 200).resolve(asked, never), { code: "unavailable" });
      } finally {
        silent.close();
      }
    });
  });
}

describe("on a registry that wants a password", () => {
  const authFile = (): string => join(folder, "auth.json");

  before(async () => {
    await registry.demandPassword(`somebody:${HASH}`);
    // Skopeo takes it from its environment, which is ours.
    process.env["REGISTRY_AUTH_FILE"] = authFile();
  });

  after(() => {
    delete process.env["REGISTRY_AUTH_FILE"];
  });

  for (const [name, make] of RESOLVERS) {
    const tryWith = async (key: string, words: string): Promise<string> => {
      const auth = Buffer.from(words).toString("base64");
      writeFileSync(authFile(), JSON.stringify({ auths: key === "" ? {} : { [key]: { auth } } }));
      return (await make(registry.registriesConf).resolve(image("nginx"), never)).digest;
    };

    it(`${name} signs in with what the file of credentials says of the place that is asked`, async () => {
      const { address } = registry;
      for (const key of [address, `${address}/library`, `${address}/library/nginx`]) {
        assert.equal(await tryWith(key, "somebody:pass word"), manifestDigest, key);
      }
    });

    it(`${name} says that access may be denied without, or with wrong, credentials`, async () => {
      const tries = [
        ["", ""],
        [registry.address, "somebody:else"],
        ["docker.io", "somebody:pass word"],
        [`${registry.address}/lib`, "somebody:pass word"],
      ] as const;
      for (const [key, words] of tries) {
        await assert.rejects(
          tryWith(key, words),
          {
            code: "notFound",
            message: "image nginx:latest not found in registry docker.io: it does not exist, or access to it is denied",
          },
          key,
        );
      }
    });
  }
});

interface Written {
  readonly digest: string;
  readonly size: number;
}

/** A list of manifests for two platforms and an attestation, as builders push it. */
async function pushList({ digest, size }: Written): Promise<string> {
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const platforms = [
    { architecture: "amd64", os: "linux" },
    { architecture: "arm64", os: "linux" },
    { architecture: "unknown", os: "unknown" },
  ];
  const list = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: platforms.map((platform) => ({ mediaType, digest, size, platform })),
  });
  const pushed = await fetch(`http://${registry.address}/v2/library/nginx/manifests/all`, {
    method: "PUT",
    headers: { "content-type": "application/vnd.oci.image.index.v1+json" },
    body: list,
  });
  assert.equal(pushed.status, 201);
  return `sha256:${createHash("sha256").update(list).digest("hex")}`;
}

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening on a port");
  return address.port;
}

/** An image without layers as an OCI layout; returns its manifest. */
function writeImage(folder: string): Written {
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
  return manifest;
}
