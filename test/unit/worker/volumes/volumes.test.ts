import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { ContainerKey, TaskId } from "../../../../shared/ids.ts";
import { SystemCommandRunner } from "../../../../worker/ports/system-command-runner.ts";
import { systemHostFiles } from "../../../../worker/ports/system-host-files.ts";
import { systemRootedTrees } from "../../../../worker/ports/system-rooted-tree.ts";
import { DirectoryLimits } from "../../../../worker/runtime/directory-limits.ts";
import type { BindSource, VolumeUse } from "../../../../worker/volumes/plan-mounts.ts";
import { Volumes } from "../../../../worker/volumes/volumes.ts";
import { MemoryProjectQuotas } from "../../../support/memory-project-quotas.ts";
import { testId } from "../../../support/objects.ts";

const taskId = testId<TaskId>("t1");
const NEVER = new AbortController().signal;
const use = (name: string, target = "/data", part: Partial<VolumeUse> = {}): VolumeUse => ({
  ...{ name, target, isAnonymous: false, subpath: "", isFilled: true, wanted: { options: {}, labels: {} } },
  ...part,
});
const here = (path: string): BindSource => ({ path, target: "/x", propagation: "private", isMade: false });

describe("volumes", () => {
  let directory: string;
  let image: string;
  let volumes: Volumes;
  let told: string[];
  let quotas: MemoryProjectQuotas;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "swarm-volumes-"));
    image = join(directory, "image");
    mkdirSync(image);
    told = [];
    quotas = new MemoryProjectQuotas();
    const limits = new DirectoryLimits({ place: join(directory, "volumes"), hostname: "h1" }, quotas);
    volumes = new Volumes(
      { directory: join(directory, "volumes"), runDirectory: join(directory, "run"), hostname: "h1" },
      { files: systemHostFiles, trees: systemRootedTrees, commands: new SystemCommandRunner(), limits },
      (action, name) => told.push(`${action} ${name}`),
    );
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  async function fill(name: string, ...targets: readonly string[]): Promise<void> {
    await using tree = await systemRootedTrees.open(image);
    await volumes.fill(name, targets, tree, NEVER);
  }
  function put(path: string, text = "1"): void {
    mkdirSync(join(directory, path, ".."), { recursive: true });
    writeFileSync(join(directory, path), text);
  }

  it("with a size are of a project that is limited, and gone with them", async () => {
    const sized = { options: { size: "5m" }, labels: {} };
    await volumes.make("big", sized);
    const home = join(directory, "volumes", "big");
    const project = quotas.projectOf(home);
    assert.ok(project >= 2 ** 30, "far from what people choose");
    assert.equal(quotas.limits.get(project), 5 << 20);
    assert.deepEqual(await volumes.ensure("b".repeat(64) as ContainerKey, [use("big")], NEVER), ["big"]);
    assert.equal(existsSync(join(directory, "run", "big")), false, "it is not mounted");
    assert.equal(await volumes.bytesOf("big"), 4096, "as the kernel counts it");
    put("image/data/file");
    await fill("big", "/data");
    assert.equal(readFileSync(join(home, "_data", "file"), "utf8"), "1");
    await volumes.remove("big");
    assert.equal(quotas.limits.get(project), 0);
  });

  it("with a size are refused where it cannot be kept, and nothing is made", async () => {
    quotas.lack = "is on ext4 without project quotas";
    await assert.rejects(
      volumes.make("big", { options: { size: "5m" }, labels: {} }),
      /^SwarmError: node h1 cannot limit the size of volume big: .* is on ext4 without project quotas; mount XFS/,
    );
    assert.deepEqual(await volumes.list(), []);
    assert.equal(existsSync(join(directory, "volumes", "big")), false);
  });

  it("are told of once when they are made, and when they are gone, whoever needs them or needs them no more", async () => {
    const key = "a".repeat(64) as ContainerKey;
    const blank = { options: {}, labels: {} };
    const use = { target: "/x", isAnonymous: false, subpath: "", isFilled: true, wanted: blank };
    await volumes.ensure(
      key,
      [
        { ...use, name: "v" },
        { ...use, name: `${key}-0`, isAnonymous: true },
      ],
      NEVER,
    );
    await volumes.make("v", blank);
    assert.deepEqual(told.toSorted(), [`create ${key}-0`, "create v"]);
    await volumes.removeAnonymous(key);
    await volumes.remove("v");
    assert.deepEqual(told.slice(2), [`destroy ${key}-0`, "destroy v"]);
  });

  describe("when a daemon was killed in the middle of an import", () => {
    const contentAfterSweep = async () => {
      await volumes.open();
      assert.deepEqual(readdirSync(join(directory, "volumes/v")), ["_data"], "nothing is left beside it");
      return readdirSync(join(directory, "volumes/v/_data"));
    };

    it("have the old content while the new one is incomplete", async () => {
      put("volumes/v/_data/before");
      put("volumes/v/_data.import/half");
      assert.deepEqual(await contentAfterSweep(), ["before"]);
    });

    it("get the old content back that had been taken away, whether its place is there or not", async () => {
      for (const isPlaceMade of [false, true]) {
        put("volumes/v/_data.old/before");
        put("volumes/v/_data.import/after");
        if (isPlaceMade) mkdirSync(join(directory, "volumes/v/_data"));
        assert.deepEqual(await contentAfterSweep(), ["before"]);
        rmSync(join(directory, "volumes/v"), { recursive: true });
      }
    });

    it("keep the new content that is in its place, even if it is nothing", async () => {
      put("volumes/v/_data.old/before");
      put("volumes/v/_data/after");
      assert.deepEqual(await contentAfterSweep(), ["after"]);
      put("volumes/w/_data.old/before");
      mkdirSync(join(directory, "volumes/w/_data"));
      await volumes.open();
      assert.deepEqual(readdirSync(join(directory, "volumes/w/_data")), []);
    });

    it("lose a copy of an image's files that was cut short, and the notes of who is gone, but not of others", async () => {
      put("volumes/v/_data/x");
      put("volumes/v/_data.new/half");
      put("run/v/gone", "");
      put("run/v/stays", "");
      put("run/u/gone", "");
      assert.deepEqual(await contentAfterSweep(), ["x"]);
      assert.deepEqual(await volumes.releaseOthers(new Set(["stays"])), []);
      assert.deepEqual(
        [readdirSync(join(directory, "run")), readdirSync(join(directory, "run/v"))],
        [["v"], ["stays"]],
      );
    });
  });

  describe("when a daemon was killed in the middle of making or removing one", () => {
    it("are not there, so that the next one of that name has none of its labels", async () => {
      put("volumes/v/volume.json", JSON.stringify({ options: {}, labels: { of: "the first" } }));
      put("volumes/w/volume.json.12.3.new", "{");
      mkdirSync(join(directory, "volumes/x"));
      await volumes.open();
      assert.deepEqual(readdirSync(join(directory, "volumes")), []);
      await volumes.make("v", { options: {}, labels: {} });
      assert.deepEqual({ ...(await volumes.describe("v"))?.labels }, {});
    });

    it("keep what they are, without a description that was never finished", async () => {
      put("volumes/v/_data/x");
      put("volumes/v/volume.json", JSON.stringify({ options: {}, labels: { of: "it" } }));
      put("volumes/v/volume.json.12.3.new", "{");
      await volumes.open();
      assert.deepEqual(readdirSync(join(directory, "volumes/v")), ["_data", "volume.json"]);
      assert.deepEqual({ ...(await volumes.describe("v"))?.labels }, { of: "it" });
    });
  });

  it("are made where they are missing, and told apart by whether they hold something", async () => {
    put("volumes/full/_data/x");
    assert.deepEqual(await volumes.ensure(taskId, [use("full"), use("fresh"), use("fresh", "/too")], NEVER), ["fresh"]);
    assert.deepEqual(readdirSync(join(directory, "volumes/fresh/_data")), []);
    assert.deepEqual(await volumes.ensure(taskId, [use("fresh")], NEVER), ["fresh"], "still empty: fill it again");
  });

  it("are refused where a link is in a volume's place", async () => {
    mkdirSync(join(directory, "volumes/bad"), { recursive: true });
    symlinkSync("/", join(directory, "volumes/bad/_data"));
    await assert.rejects(volumes.ensure(taskId, [use("bad")], NEVER), {
      code: "failedPrecondition",
      message: /bad\/_data is not a dir/,
    });
  });

  it("are filled once, with what the image has at the first target that holds something", async () => {
    put("image/b/file", "b");
    put("image/c/file", "c");
    mkdirSync(join(image, "empty"));
    await volumes.ensure(taskId, [use("v")], NEVER);
    await fill("v", "/none", "/empty", "/b", "/c");
    assert.deepEqual(readdirSync(join(directory, "volumes/v")), ["_data"]);
    assert.equal(readFileSync(join(directory, "volumes/v/_data/file"), "utf8"), "b");
    await fill("v", "/c");
    assert.equal(readFileSync(join(directory, "volumes/v/_data/file"), "utf8"), "b", "what is there is kept");
  });

  it("are directories whatever links the image has, and hold nothing of the host", async () => {
    put("outside/canary");
    symlinkSync(join(directory, "outside"), join(image, "absolute"));
    symlinkSync("../outside", join(image, "relative"));
    put("image/inside/file");
    symlinkSync("/../../inside/.", join(image, "climbing"));
    await volumes.ensure(taskId, [use("v"), use("w")], NEVER);
    await fill("v", "/absolute", "/relative");
    assert.deepEqual(readdirSync(join(directory, "volumes/v/_data")), []);
    await fill("w", "/climbing");
    assert.deepEqual(readdirSync(join(directory, "volumes/w/_data")), ["file"]);
  });

  it("go with the task only when they were made for it", async () => {
    put(`volumes/${taskId}-0/_data/x`);
    put("volumes/site/_data/x");
    await volumes.removeAnonymous(taskId);
    assert.deepEqual(readdirSync(join(directory, "volumes")), ["site"]);
  });

  it("name the bind source and the node where a source is missing", async () => {
    put("here/x");
    await volumes.checkBindSources([here(join(directory, "here")), here(join(directory, "here/x"))]);
    assert.ok(!existsSync("/gone"));
    await assert.rejects(volumes.checkBindSources([here(directory), here("/gone")]), {
      message: "bind mount source /gone does not exist on node h1",
      code: "failedPrecondition",
    });
  });

  it("make the bind sources that are to be made, and leave those that are there", async () => {
    put("here/x");
    const made = (path: string): BindSource => ({ ...here(join(directory, path)), isMade: true });
    await volumes.checkBindSources([made("new/deep"), made("here/x")]);
    assert.ok(statSync(join(directory, "new/deep")).isDirectory());
    assert.ok(statSync(join(directory, "here/x")).isFile());
  });
});
