/** A daemon that is killed at every step of a pull, skopeo with it or not, and the next one on the same disk. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parseImageReference, withDefaultTag } from "../../shared/image-reference.ts";
import type { ImageParts } from "../../worker/images/open-images.ts";
import { storeName } from "../../worker/images/pull-command.ts";
import { Registry } from "../support/registry.ts";
import { Mortality } from "./mortal-ports.ts";
import { NEVER, RuntimeFixture } from "./runtime-fixture.ts";

const wanted = { policy: "PULL_ALWAYS", platform: null } as const;
const reference = withDefaultTag(parseImageReference("swarm-crash"));
/** Far more than a pull has. */
const STEPS_MAX = 300;
/** A layer comes in as many pieces as the network makes of it. */
const PIECES = new Map([["files.openToAppend.write", 4]]);
/** Where skopeo is killed: conditions of a shell in the store. */
const TURNS = [
  ["before it has begun", "true"],
  ["with a layer half unpacked", "ls overlay/*/diff/*"],
  ["with a layer recorded", "grep -q diff-size overlay-layers/layers.json"],
  ["with all layers recorded", `[ "$(grep -o '"diff-size"' overlay-layers/layers.json | wc -l)" = 3 ]`],
  ["with its image recorded, perhaps not whole", `grep -q '"id"' overlay-images/images.json`],
] as const;

describe("a daemon that is killed as it pulls", () => {
  let fixture: RuntimeFixture;
  let registry: Registry;
  const store = (...path: readonly string[]): string => join(fixture.dataDirectory, "images", ...path);
  before(async () => {
    fixture = new RuntimeFixture();
    registry = await Registry.start();
    registry.push(fixture.image.source, "library/swarm-crash:latest");
  });
  after(async () => {
    await registry?.[Symbol.asyncDispose]();
    await fixture?.[Symbol.asyncDispose]();
  });

  const namesIn = (path: string): readonly string[] => (existsSync(path) ? readdirSync(path) : []);
  const pull = (images: ImageParts): Promise<unknown> => images.store.pull(reference, wanted, NEVER, () => {});
  const open = (life?: Mortality, skopeo = "skopeo"): Promise<ImageParts> =>
    fixture.openImages(registry.registriesConf, skopeo, fixture.dataDirectory, life);

  /** Pulls after a kill; what the store has then is the image, once, and nothing is left of the way there. */
  async function pullAgain(where: string): Promise<void> {
    const images = await open();
    assert.deepEqual(namesIn(store("pulls")), [], `${where}: directories of pulls after the start`);
    await pull(images);
    const local = await images.store.find(reference);
    assert.equal(local?.layerIds.length, 3, where);
    await images.store.ensure("swarm-crash", NEVER, () => {});
    assert.deepEqual(namesIn(store("blobs")), [], `${where}: blobs`);
    assert.deepEqual(namesIn(store("pulls")), [], `${where}: directories of pulls`);
    assert.deepEqual(namesIn(join(fixture.runDirectory, "registry-logins")), [], `${where}: logins`);
    const recorded = (JSON.parse(readFileSync(store("overlay-layers/layers.json"), "utf8")) as { id: string }[]).map(
      ({ id }) => id,
    );
    const unpacked = namesIn(store("overlay")).filter((name) => name !== "l" && !name.startsWith("."));
    assert.deepEqual(unpacked.toSorted(), recorded.toSorted(), `${where}: layers`);
    assert.equal(namesIn(store("overlay/l")).length, recorded.length, `${where}: links`);
  }

  function removeImage(): void {
    const place = `containers-storage:[overlay@${store()}+${fixture.runDirectory}/images]${storeName(reference)}`;
    execFileSync("unshare", ["--mount", "skopeo", "delete", place], { stdio: "pipe" });
  }

  it("at any step of its own is followed by one that pulls the image whole, with nothing left over", async () => {
    const died: string[] = [];
    for (let at = 0; at < STEPS_MAX; at++) {
      const life = new Mortality(at, PIECES);
      const lived = open(life).then(pull);
      const outcome = await Promise.race([lived.then(() => "lived"), life.dead().then(() => "died")]);
      const step = life.steps.at(-1) ?? "";
      if (outcome === "lived") break;
      died.push(step);
      await pullAgain(`killed in place of step ${at}: ${step}`);
      removeImage();
    }
    assert.ok(died.length < STEPS_MAX, "a pull has an end");
    const steps = new Set(died);
    for (const step of [
      "files.makeDirectory",
      ...["files.openToAppend", "files.openToAppend.write", "files.rename", "files.addName", "files.writeBytes"],
      ...["commands.run", "files.remove"],
    ])
      assert.ok(steps.has(step), `it died at ${step}, of ${[...steps].join(", ")}`);
  });

  it("with skopeo, wherever that was, is followed by one that pulls the image whole", async () => {
    for (const [where, condition] of TURNS) {
      const mortal = join(fixture.directory, "mortal-skopeo");
      const lines = [
        "#!/bin/sh",
        'skopeo "$@" & pid=$!',
        `cd ${store()}`,
        `until ${condition} 2>/dev/null >&2; do kill -0 $pid 2>/dev/null || break; done`,
        "kill -9 $pid 2>/dev/null",
        "wait $pid",
        "",
      ];
      writeFileSync(mortal, lines.join("\n"));
      chmodSync(mortal, 0o755);
      const life = new Mortality(STEPS_MAX);
      const images = await open(life, mortal);
      // It tries three times, as it does where skopeo fails; nothing of it is left to the next one but the store.
      await pull(images).catch(() => {});
      await pullAgain(`killed ${where}`);
      removeImage();
      rmSync(mortal);
    }
  });
});
