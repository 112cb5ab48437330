/** Logins, look-ups and pulls on Debian's docker-registry with passwords and a certificate of its own. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { RegistryResolver } from "../../manager/registry/registry-resolver.ts";
import { parseImageReference } from "../../shared/image-reference.ts";
import { silentLogger } from "../../shared/log.ts";
import type { LoginSpec } from "../../shared/objects/types.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { LoginsAndFiles } from "../../shared/registry/find-credentials.ts";
import { RegistryLoginCheck } from "../../shared/registry/login-check.ts";
import { systemCredentialPrograms } from "../../shared/registry/ports/credential-programs.ts";
import { SystemRegistryFiles } from "../../shared/registry/ports/registry-files.ts";
import { NodeRegistryHttp } from "../../shared/registry/ports/registry-http.ts";
import { buildImage } from "../e2e/runtime-image.ts";
import { never } from "../support/control-api.ts";
import { createLogin } from "../support/objects.ts";
import { Registry } from "../support/registry.ts";

/** bcrypt of "pass word". */
const HASH = "$2y$05$abcdefghijklmnopqrstuuIt/9/tGzLcigNq/.RWIDjeEVR30RSf.";

describe("a registry with passwords and TLS", () => {
  const http = new NodeRegistryHttp();
  const logins = new Map<string, LoginSpec>();
  let folder: string;
  let registry: Registry;
  let digest: string;
  let ca: string;
  let certificates: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "swarm-private-"));
    registry = await Registry.start();
    const built = buildImage(join(folder, "image"));
    digest = built.digest;
    registry.push(built.source, "team/app:1");
    await registry.demandPassword(`somebody:${HASH}`);
    ca = await registry.speakTls();
    certificates = join(folder, ".config/containers/certs.d", registry.address);
    mkdirSync(certificates, { recursive: true });
  });
  after(async () => {
    http[Symbol.dispose]();
    await registry[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  const filesOf = (): SystemRegistryFiles =>
    new SystemRegistryFiles({ registriesConf: null, environment: {}, home: folder });
  const check = (username: string, password: string, name = registry.address): Promise<void> =>
    new RegistryLoginCheck({ http, files: filesOf(), clock: systemClock }).check(
      createLogin(name, username, password).spec,
      never,
    );
  const resolve = async (): Promise<string> => {
    const files = filesOf();
    const resolver = new RegistryResolver({
      ...{ http, files, clock: systemClock, log: silentLogger },
      credentials: new LoginsAndFiles({
        ...{ files, programs: systemCredentialPrograms },
        loginOf: (name) => logins.get(name),
      }),
      fallback: { resolve: () => Promise.reject(new Error("left to skopeo")) },
    });
    return (await resolver.resolve(parseImageReference(`${registry.address}/team/app:1`), never)).digest;
  };

  it("is not trusted before its authority is known here, and the sentence names registry and cause", async () => {
    await assert.rejects(check("somebody", "pass word"), {
      code: "failedPrecondition",
      message:
        /^cannot sign in to registry 127\.[\d.]+:5000: .*certificate.*; put its authority's into .*\/ca\.crt on every host$/,
    });
  });

  it("takes a login that is right, and refuses one that is not", async () => {
    writeFileSync(join(certificates, "ca.crt"), ca);
    await check("somebody", "pass word");
    await check("somebody", "pass word", `${registry.address}/team`);
    for (const [username, password] of [
      ["somebody", "else"],
      ["nobody", "pass word"],
    ] as const) {
      await assert.rejects(check(username, password), {
        code: "permissionDenied",
        message: `registry ${registry.address} refuses the username or password of ${username}`,
      });
    }
  });

  it("cannot be signed in to where nobody listens", async () => {
    await assert.rejects(check("somebody", "pass word", registry.deserted), {
      code: "unavailable",
      message: /^registry 127\.[\d.]+:5000 cannot be reached or does not answer: .*ECONNREFUSED/,
    });
  });

  it("is looked into with the login as it is at that moment", async () => {
    await assert.rejects(resolve(), { code: "notFound", message: /access to it is denied$/ });
    logins.set(registry.address, createLogin(registry.address, "somebody", "old").spec);
    await assert.rejects(resolve(), { code: "notFound", message: /access to it is denied$/ });
    logins.set(registry.address, createLogin(registry.address, "somebody", "pass word").spec);
    assert.equal(await resolve(), digest);
    logins.clear();
    await assert.rejects(resolve(), { code: "notFound" });
  });

  it("is looked into with what a program says, at that moment", async () => {
    const program = join(folder, "docker-credential-contract");
    const { PATH } = process.env;
    const say = (password: string): void => {
      const text = JSON.stringify({ Username: "somebody", Secret: password });
      writeFileSync(program, `#!/bin/sh\necho '${text}'\n`, { mode: 0o700 });
    };
    mkdirSync(join(folder, ".docker"));
    const config = { credHelpers: { [registry.address]: "contract" } };
    writeFileSync(join(folder, ".docker/config.json"), JSON.stringify(config));
    process.env["PATH"] = `${folder}:${PATH}`;
    try {
      say("else");
      await assert.rejects(resolve(), { code: "notFound" });
      say("pass word");
      assert.equal(await resolve(), digest);
      writeFileSync(program, "#!/bin/sh\necho 'the vault is sealed'\nexit 1\n", { mode: 0o700 });
      await assert.rejects(resolve(), {
        code: "failedPrecondition",
        message: `no credentials for registry ${registry.address}: docker-credential-contract failed: the vault is sealed`,
      });
    } finally {
      process.env["PATH"] = PATH;
      rmSync(join(folder, ".docker"), { recursive: true });
    }
  });
});
