import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { silentLogger } from "../../../../shared/log.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { ImageStore, PULL_ATTEMPTS_MAX } from "../../../../worker/images/image-store.ts";
import { bigDataFile } from "../../../../worker/images/parse-store.ts";
import type { CommandResult } from "../../../../worker/ports/command-runner.ts";
import { MemoryHostFiles } from "../../../support/memory-host-files.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const NEVER = new AbortController().signal;
const DIGEST = `sha256:${"ab".repeat(32)}`;
const NAME = `docker.io/library/nginx@${DIGEST}`;
const REFUSED = "dial tcp 127.0.0.1:5000: connect: connection refused";

function setUp(answers: readonly (string | null)[]) {
  const files = new MemoryHostFiles();
  const clock = new VirtualClock();
  const commands: (readonly string[])[] = [];
  const store = new ImageStore(
    { skopeo: "skopeo", storeRoot: "/data/images", storeRun: "/run/images", registriesConf: "/r.conf", policy: null },
    {
      files,
      clock,
      random: seededRandom(1),
      log: silentLogger,
      commands: {
        async run(argv): Promise<CommandResult> {
          if (argv[0] === "getfattr") return { exitCode: 0, stdout: "", stderr: "" };
          commands.push(argv);
          const answer = answers[commands.length - 1];
          if (answer === null) putImage(files);
          return { exitCode: answer === null ? 0 : 1, stdout: "", stderr: `level=fatal msg="${answer}"` };
        },
      },
    },
  );
  return { files, clock, commands, store };
}

function putImage(files: MemoryHostFiles): void {
  const root = "/data/images";
  const names = [NAME, "docker.io/library/nginx:latest"];
  const image = { id: "abc", digest: DIGEST, names, layer: "top", "big-data-names": ["sha256:abc"] };
  files.put(`${root}/overlay-images/images.json`, JSON.stringify([image]));
  files.put(`${root}/overlay-layers/layers.json`, JSON.stringify([{ id: "base" }, { id: "top", parent: "base" }]));
  files.put(`${root}/overlay/top/link`, "TOP");
  files.put(`${root}/overlay/base/link`, "BASE\n");
  files.put(`${root}/overlay-images/abc/${bigDataFile("sha256:abc")}`, '{"config":{"Cmd":["nginx"]}}');
}

describe("the image store", () => {
  it("asks nobody for an image by digest that is here", async () => {
    const { files, commands, store } = setUp([]);
    putImage(files);
    const image = await store.ensure(`nginx:1.2@${DIGEST}`, NEVER, () => {});
    assert.deepEqual(image.layerLinks, ["l/TOP", "l/BASE"]);
    assert.deepEqual([image.id, image.shortName, image.config.cmd], ["abc", "nginx:1.2", ["nginx"]]);
    assert.deepEqual(commands, []);
  });

  it("uses no image with a configuration without end", async () => {
    const { files, store } = setUp([]);
    putImage(files);
    files.put(`/data/images/overlay-images/abc/${bigDataFile("sha256:abc")}`, " ".repeat((1 << 20) + 1));
    await assert.rejects(
      store.ensure(`nginx:1.2@${DIGEST}`, NEVER, () => {}),
      { code: "failedPrecondition", message: /nginx:1\.2 has a configuration of more than 1024 KiB/ },
    );
  });

  it("pulls what is not here, by digest where there is one", async () => {
    const { commands, store } = setUp([null]);
    const messages: string[] = [];
    await store.ensure(`nginx:1.2@${DIGEST}`, NEVER, (message) => messages.push(message));
    assert.deepEqual(messages, ["pulling nginx:1.2"]);
    assert.deepEqual(commands[0]?.slice(-2), [
      `docker://${NAME}`,
      `containers-storage:[overlay@/data/images+/run/images]${NAME}`,
    ]);
    assert.ok(commands[0]?.join(" ").includes("skopeo --registries-conf /r.conf --insecure-policy --tmpdir "));
  });

  it("tries again when a registry does not answer, with a limit", async () => {
    const { clock, commands, store } = setUp([REFUSED, REFUSED, null]);
    const pulled = store.ensure(`nginx@${DIGEST}`, NEVER, () => {});
    await clock.run(60_000);
    assert.equal((await pulled).id, "abc");
    assert.equal(commands.length, 3);
    const vain = setUp(Array(9).fill(REFUSED));
    const failed = vain.store.ensure("nginx", NEVER, () => {}).catch((error: unknown) => error);
    await vain.clock.run(60_000);
    assert.match(String(await failed), /registry docker.io cannot be reached/);
    assert.equal(vain.commands.length, PULL_ATTEMPTS_MAX);
  });

  it("does not try again what a registry refused", async () => {
    const { commands, store } = setUp(["manifest unknown"]);
    await assert.rejects(
      store.ensure("nginx:nope", NEVER, () => {}),
      /no such image/,
    );
    assert.equal(commands.length, 1);
  });

  it("looks up a tag anew, and takes the one that is here when that fails", async () => {
    const { files, commands, store } = setUp(["manifest unknown"]);
    putImage(files);
    assert.equal((await store.ensure("nginx", NEVER, () => {})).id, "abc");
    assert.equal(commands.length, 1);
  });

  it("takes an image that lacks a layer or its configuration for absent", async () => {
    const { files, store } = setUp([]);
    putImage(files);
    await files.remove("/data/images/overlay/base/link");
    const reference = { registry: "docker.io", path: "library/nginx", tag: null, digest: DIGEST };
    assert.equal(await store.find(reference), null);
  });
});
