import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SwarmError } from "../../../../shared/errors.ts";
import { toFullText } from "../../../../shared/image-reference.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { ImageStore, PULL_ATTEMPTS_MAX } from "../../../../worker/images/image-store.ts";
import { ImageUses } from "../../../../worker/images/image-uses.ts";
import { bigDataFile } from "../../../../worker/images/parse-store.ts";
import { platformOfHost } from "../../../../worker/images/pull/manifest.ts";
import { MemoryHostFiles } from "../../../support/memory-host-files.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const NEVER = new AbortController().signal;
const DIGEST = `sha256:${"ab".repeat(32)}`;
const NAME = `docker.io/library/nginx@${DIGEST}`;
const REFUSED = new SwarmError("unavailable", "registry docker.io cannot be reached");
const UNKNOWN = new SwarmError("notFound", "no such image");

/** What the puller does at each attempt: fail, or (null) put the image into the store. */
async function setUp(answers: readonly (SwarmError | null)[]) {
  const files = new MemoryHostFiles();
  const clock = new VirtualClock();
  const pulls: string[] = [];
  const uses = await ImageUses.open("/data/images/uses.json", files, clock);
  const store = new ImageStore(
    { storeRoot: "/data/images", platform: platformOfHost("x64") },
    {
      ...{ files, clock, uses },
      random: seededRandom(1),
      log: silentLogger,
      commands: { run: async () => ({ exitCode: 0, stdout: "", stderr: "" }) },
      puller: {
        async pull(image) {
          const answer = answers[pulls.length] ?? null;
          pulls.push(toFullText(image));
          if (answer !== null) throw answer;
          putImage(files);
          return DIGEST;
        },
      },
    },
  );
  return { files, clock, pulls, store, uses };
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
  it("finds an image by its id or the beginning of that, and by a name before", async () => {
    const { files, pulls, store } = await setUp([]);
    putImage(files);
    for (const text of ["abc", "ab", "sha256:abc"]) {
      assert.equal((await store.ensure(text, NEVER, () => {}, { policy: "PULL_NEVER", serviceId: "" })).id, "abc");
    }
    const missing = { code: "notFound", message: /No such image: abcd/ };
    const never = { policy: "PULL_NEVER", serviceId: "" } as const;
    await assert.rejects(
      store.ensure("abcd", NEVER, () => {}, never),
      missing,
    );
    // What a service runs is the same on every node.
    await assert.rejects(store.ensure("abc", NEVER, () => {}, { ...never, serviceId: "s1" }));
    assert.deepEqual(pulls, []);
  });

  it("asks nobody for an image by digest that is here", async () => {
    const { files, pulls, store } = await setUp([]);
    putImage(files);
    const image = await store.ensure(`nginx:1.2@${DIGEST}`, NEVER, () => {});
    assert.deepEqual(image.layerLinks, ["l/TOP", "l/BASE"]);
    assert.deepEqual([image.id, image.shortName, image.config.cmd], ["abc", "nginx:1.2", ["nginx"]]);
    assert.deepEqual(pulls, []);
  });

  it("uses no image with a configuration without end", async () => {
    const { files, store } = await setUp([]);
    putImage(files);
    files.put(`/data/images/overlay-images/abc/${bigDataFile("sha256:abc")}`, " ".repeat((1 << 20) + 1));
    await assert.rejects(
      store.ensure(`nginx:1.2@${DIGEST}`, NEVER, () => {}),
      { code: "failedPrecondition", message: /nginx:1\.2 has a configuration of more than 1024 KiB/ },
    );
  });

  it("pulls what is not here, by digest where there is one", async () => {
    const { pulls, store } = await setUp([null]);
    const messages: string[] = [];
    await store.ensure(`nginx:1.2@${DIGEST}`, NEVER, (message) => messages.push(message));
    assert.deepEqual(messages, ["pulling nginx:1.2"]);
    assert.deepEqual(pulls, [`docker.io/library/nginx:1.2@${DIGEST}`]);
  });

  it("tries again when a registry does not answer, with a limit", async () => {
    const { clock, pulls, store } = await setUp([REFUSED, REFUSED, null]);
    const pulled = store.ensure(`nginx@${DIGEST}`, NEVER, () => {});
    await clock.run(60_000);
    assert.equal((await pulled).id, "abc");
    assert.equal(pulls.length, 3);
    const vain = await setUp(Array(9).fill(REFUSED));
    const failed = vain.store.ensure("nginx", NEVER, () => {}).catch((error: unknown) => error);
    await vain.clock.run(60_000);
    assert.match(String(await failed), /registry docker.io cannot be reached/);
    assert.equal(vain.pulls.length, PULL_ATTEMPTS_MAX);
  });

  it("does not try again what a registry refused", async () => {
    const { pulls, store } = await setUp([UNKNOWN]);
    await assert.rejects(
      store.ensure("nginx:nope", NEVER, () => {}),
      { code: "notFound" },
    );
    assert.equal(pulls.length, 1);
  });

  it("looks up a tag anew, and takes the one that is here when that fails", async () => {
    const { files, pulls, store } = await setUp([UNKNOWN]);
    putImage(files);
    assert.equal((await store.ensure("nginx", NEVER, () => {})).id, "abc");
    assert.equal(pulls.length, 1);
  });

  it("takes an image that lacks a layer or its configuration for absent", async () => {
    const { files, store } = await setUp([]);
    putImage(files);
    await files.remove("/data/images/overlay/base/link");
    const reference = { registry: "docker.io", path: "library/nginx", tag: null, digest: DIGEST };
    assert.equal(await store.find(reference), null);
  });

  it("gives a container the image it was made from, whatever has its name by now, and no other", async () => {
    const { files, pulls, store } = await setUp([]);
    putImage(files);
    const made = { policy: "PULL_MISSING", serviceId: "", imageId: "abc" } as const;
    assert.equal((await store.ensure("moved:1", NEVER, () => {}, made)).id, "abc");
    assert.deepEqual(pulls, []);
    await assert.rejects(
      store.ensure("nginx", NEVER, () => {}, { ...made, imageId: "gone" }),
      { code: "failedPrecondition", message: /another one now than this container was made from.*anew/ },
    );
  });

  it("asks a registry as often as the policy says", async () => {
    const never = { policy: "PULL_NEVER", serviceId: "" } as const;
    const missing = { policy: "PULL_MISSING", serviceId: "" } as const;
    const always = { policy: "PULL_ALWAYS", serviceId: "" } as const;
    const { files, pulls, store } = await setUp([null, REFUSED, REFUSED, REFUSED]);
    const quiet = (): void => {};
    await assert.rejects(store.ensure("nginx", NEVER, quiet, never), { code: "notFound" });
    assert.deepEqual(pulls, []);
    await store.ensure("nginx", NEVER, quiet, missing);
    await store.ensure("nginx", NEVER, quiet, missing);
    await store.ensure("nginx", NEVER, quiet, never);
    assert.equal(pulls.length, 1);
    const { clock, ...other } = await setUp([REFUSED, REFUSED, REFUSED]);
    putImage(other.files);
    const failed = other.store.ensure(`nginx@${DIGEST}`, NEVER, quiet, always).catch((error: unknown) => error);
    await clock.run(60_000);
    assert.equal((await failed) as SwarmError, REFUSED);
    void files;
  });

  it("remembers which service uses an image", async () => {
    const { files, store, uses } = await setUp([]);
    putImage(files);
    await store.ensure(`nginx@${DIGEST}`, NEVER, () => {}, { policy: "PULL_DEFAULT", serviceId: "svc" });
    assert.deepEqual(uses.memory.ofServices.get("svc"), ["abc"]);
  });
});
