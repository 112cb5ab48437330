/** Pulls from Debian's docker-registry with passwords, by the daemon's own client and by skopeo. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parseImageReference } from "../../shared/image-reference.ts";
import { createLogin } from "../support/objects.ts";
import { foundBelow } from "../support/planted.ts";
import { Registry } from "../support/registry.ts";
import { NEVER, RuntimeFixture } from "./runtime-fixture.ts";

/** bcrypt of "pass word". */
const HASH = "$2y$05$abcdefghijklmnopqrstuuIt/9/tGzLcigNq/.RWIDjeEVR30RSf.";
const wanted = { policy: "PULL_ALWAYS", platform: null } as const;
const quiet = (): void => {};

describe("a pull from a registry that asks who is there", () => {
  let fixture: RuntimeFixture;
  let registry: Registry;
  let conf: string;
  /** Where skopeo waits a moment and notes what it was given, before it does its work. */
  let notes: string;

  before(async () => {
    fixture = new RuntimeFixture();
    registry = await Registry.start();
    registry.push(fixture.image.source, "team/app:1");
    await registry.demandPassword(`somebody:${HASH}`);
    conf = join(fixture.directory, "private.conf");
    writeFileSync(conf, `[[registry]]\nlocation = "${registry.address}"\ninsecure = true\n`);
    notes = join(fixture.directory, "notes");
    mkdirSync(notes);
  });
  after(async () => {
    await registry?.[Symbol.asyncDispose]();
    await fixture?.[Symbol.asyncDispose]();
  });

  const reference = () => parseImageReference(`${registry.address}/team/app:1`);
  const login = (password: string): void =>
    void fixture.logins.set(registry.address, createLogin(registry.address, "somebody", password).spec);

  it("is refused without a login and with an old one, and succeeds with the next", async () => {
    const { store } = await fixture.openImages(conf);
    const denied = {
      code: "permissionDenied",
      message: `no access to ${registry.address}/team/app:1: registry ${registry.address} requires a login or does not have it`,
    };
    await assert.rejects(store.pull(reference(), wanted, NEVER, quiet), denied);
    login("old");
    await assert.rejects(store.pull(reference(), wanted, NEVER, quiet), {
      code: "permissionDenied",
      message: /refuses the login that this host has for it, .* renew it by swarmctl login 127\.[\d.]+:\d+,/,
    });
    assert.equal(await store.find(reference()), null);
    login("pass word");
    assert.equal((await store.pull(reference(), wanted, NEVER, quiet)).digest, fixture.image.digest);
  });

  it("gives skopeo the login by a file for root alone, which is gone afterwards", async () => {
    const skopeo = join(fixture.directory, "skopeo");
    writeFileSync(
      skopeo,
      `#!/bin/sh\nfor word; do case "$previous" in --src-authfile) stat -c '%a %n' "$word" > ${notes}/seen; esac; previous=$word; done\n` +
        `echo "$*" > ${notes}/words\nexec skopeo "$@"\n`,
      { mode: 0o755 },
    );
    // A token that renews itself is skopeo's business; this registry takes the password beside it.
    const { spec } = createLogin(registry.address, "somebody", "pass word");
    fixture.logins.set(registry.address, { ...spec, identityToken: "planted-token" });
    const images = await fixture.openImages(conf, skopeo);
    await images.store.pull(reference(), wanted, NEVER, quiet);
    assert.match(readFileSync(join(notes, "seen"), "utf8"), /^600 \S*\/registry-logins\/\d+\.json$/m);
    assert.deepEqual(readdirSync(join(fixture.runDirectory, "registry-logins")), []);
    assert.equal(statSync(join(fixture.runDirectory, "registry-logins")).mode & 0o777, 0o700);
    assert.deepEqual(foundBelow(fixture.directory, ["pass word", "planted-token"]), []);
  });
});
