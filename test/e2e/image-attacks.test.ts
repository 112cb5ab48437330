/**
 * Images and containers made to get at the host. Outside of each stands a canary: a directory with a secret, a file to
 * overwrite, a place to write into. Every attack is written so that it reads or changes the canary where its door is
 * open.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import type { Task } from "../../shared/objects/types.ts";
import type { ContainerSpec } from "../../shared/rpc/gen/objects.ts";
import type { TaskContainers } from "../../worker/executor/task-containers.ts";
import { createMount } from "../support/objects.ts";
import { type TarEntry, tar } from "../support/tar.ts";
import { collect, NEVER, RuntimeFixture } from "./runtime-fixture.ts";
import { BUSYBOX, baseLayers, writeImage } from "./runtime-image.ts";

const SECRET = "the host's secret";
const quiet = (): void => {};
/** By a shell: setpriv itself may still enter directories that its user may not. */
const NOBODY = ["--reuid=65534", "--regid=65534", "--clear-groups"];
const NEWLINES_BYTES = 120 << 20;

interface Attack {
  readonly layers: readonly (readonly TarEntry[])[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly container?: Partial<ContainerSpec>;
  /** What the container runs once it stands. */
  readonly script?: string;
}

describe("images that attack their host", () => {
  let fixture: RuntimeFixture;
  let executor: TaskContainers;
  let base: readonly Buffer[];
  let canary: string;
  let built = 0;

  before(async () => {
    fixture = new RuntimeFixture();
    base = baseLayers(join(fixture.directory, "base"));
    canary = join(fixture.directory, "canary");
    executor = await fixture.executor();
  });
  after(async () => {
    await fixture[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    mkdirSync(join(canary, "deep"), { recursive: true });
    writeFileSync(join(canary, "secret"), SECRET);
    writeFileSync(join(canary, "passwd"), "evil:x:0:0::/:/bin/sh\n");
    for (const name of ["hosts", "hostname", "resolv.conf"]) writeFileSync(join(canary, name), "untouched");
  });
  afterEach(() => {
    const changed = readdirSync(canary, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map(({ name }) => name)
      .sort();
    const hosts = readFileSync(join(canary, "hosts"), "utf8");
    const links = statSync(join(canary, "secret")).nlink;
    rmSync(canary, { recursive: true });
    assert.deepEqual(changed, ["hostname", "hosts", "passwd", "resolv.conf", "secret"], "nothing was written outside");
    assert.deepEqual([hosts, links], ["untouched", 1]);
  });

  const mount = createMount;

  function taskOf({ layers, config = {}, container = {}, script = "true" }: Attack): Task {
    built += 1;
    const image = writeImage(join(fixture.directory, `image${built}`), [...base, ...layers.map(tar)], config);
    fixture.storeImage(image);
    return fixture.task(script, { ...container, image: `swarm-test:latest@${image.digest}` });
  }

  async function run(task: Task): Promise<string> {
    try {
      await executor.prepare(task, NEVER, quiet);
      await executor.start(task, NEVER);
      await executor.wait(task.id, NEVER);
      const lines = await collect(executor.logs(task.id, { follow: false, tail: -1, sinceMs: 0 }, NEVER));
      return lines.map(({ text }) => Buffer.from(text).toString()).join("\n");
    } finally {
      // Looked at before it is removed: no volume of the task is, or holds, a way out.
      const volumes = join(fixture.dataDirectory, "volumes");
      for (const name of readdirSync(volumes)) assert.ok(lstatSync(join(volumes, name, "_data")).isDirectory(), name);
      await executor.remove(task.id);
    }
  }

  async function output(attack: Attack): Promise<string> {
    const said = await run(taskOf(attack));
    assert.ok(!said.includes(SECRET), said);
    return said;
  }
  async function refused(attack: Attack, sentence: RegExp): Promise<void> {
    await assert.rejects(run(taskOf(attack)), sentence);
  }

  /** As a container gets at everything below a volume that is a link. */
  const LOOT = (place: string) => `cat ${place}/secret; echo x >${place}/escaped; ls -a ${place}`;

  describe("by attributes of overlayfs", () => {
    const redirected = (): Attack => ({
      layers: [
        [{ path: "a/b" }, { path: "z" }, { path: "z/b", type: "link", target: canary }],
        [{ path: "a", xattrs: { "trusted.overlay.redirect": "/z" } }],
      ],
      config: { Volumes: { "/a/b": {} } },
      script: LOOT("/a/b"),
    });

    it("a redirected directory makes no volume of a link to the host", async () => {
      await refused(redirected(), /is refused: one of its layers has the attribute trusted\.overlay\.redirect at \/a,/);
    });

    it("the kernel does not believe it either, should the check have been passed", async () => {
      const task = taskOf(redirected());
      passCheck();
      await assert.rejects(run(task), /cannot look at \/a\/b: EPERM/);
    });

    it("a file's content is not another file's", async () => {
      const metacopy: Attack = {
        layers: [
          [{ path: "etc/shadow", content: SECRET, mode: 0o600 }],
          [
            {
              path: "srv/open",
              content: "x".repeat(SECRET.length),
              xattrs: { "trusted.overlay.metacopy": "", "trusted.overlay.redirect": "/etc/shadow" },
            },
          ],
        ],
        script: "cat /srv/open",
      };
      await refused(metacopy, /is refused: one of its layers has the attribute trusted\.overlay\.(metacopy|redirect)/);
      const task = taskOf(metacopy);
      passCheck();
      assert.ok(!(await run(task)).includes(SECRET));
    });

    it("those of unprivileged mounts are refused as well", async () => {
      const layers = [[{ path: "a", xattrs: { "user.overlay.redirect": "/z" } }]];
      await refused({ layers }, /has the attribute user\.overlay\.redirect at \/a,/);
    });

    it("a directory that replaces the one below is seen so when a volume is filled and the user looked up", async () => {
      const opaque: Attack = {
        layers: [
          [
            { path: "srv/www/old", content: "hidden" },
            { path: "etc/passwd", content: "ghost:x:7:7::/:/bin/sh\n" },
          ],
          [
            { path: "srv/www/.wh..wh..opq", content: "" },
            { path: "srv/www/new", content: "seen" },
            { path: "etc/.wh..wh..opq", content: "" },
          ],
        ],
        config: { Volumes: { "/srv/www": {} } },
      };
      assert.equal(await output({ ...opaque, script: "ls /srv/www" }), "new");
      await refused({ ...opaque, container: { user: "ghost" } }, /user "ghost" is not in the image's \/etc\/passwd/);
    });

    /** As if the layers had been looked through and found in order. */
    function passCheck(): void {
      const overlay = join(fixture.dataDirectory, "images/overlay");
      for (const layer of readdirSync(overlay).filter((name) => /^[0-9a-f]{64}$/.test(name))) {
        writeFileSync(join(overlay, layer, "swarm-checked.json"), '{"formatVersion":1,"finding":null}');
      }
    }
  });

  describe("by links", () => {
    const climbing = (): string => `${"../".repeat(30)}${canary.slice(1)}`;
    const PLACES: readonly (readonly [title: string, entries: () => readonly TarEntry[]])[] = [
      ["an absolute link", () => [{ path: "data", type: "link", target: canary }]],
      ["a link that climbs", () => [{ path: "data", type: "link", target: climbing() }]],
      [
        "a chain of links",
        () => [
          { path: "data", type: "link", target: "one" },
          { path: "one", type: "link", target: "./srv/../two" },
          { path: "two", type: "link", target: "/../.." },
          { path: "x", type: "link", target: canary },
        ],
      ],
      [
        "a link in the middle",
        () => [
          { path: "up", type: "link", target: join(canary, "..") },
          { path: "data", type: "link", target: "up/canary" },
        ],
      ],
      ["a link through this process", () => [{ path: "data", type: "link", target: "/proc/self/root" }]],
      ["a link to an open file", () => [{ path: "data", type: "link", target: "/proc/self/fd/7" }]],
    ];
    for (const [title, entries] of PLACES) {
      it(`${title} is no way out for a volume`, async () => {
        for (const attack of [
          { config: { Volumes: { "/data": {} } } },
          { container: { mounts: [mount({ target: "/data" })] } },
          { container: { mounts: [mount({ target: "/data/deep", source: "deep-volume" })] } },
          { container: { mounts: [mount({ type: "TMPFS", target: "/data" })] } },
        ]) {
          const task = taskOf({ layers: [entries()], script: LOOT("/data"), ...attack });
          const said = await run(task).catch((error: Error) => error.message);
          assert.ok(!said.includes(SECRET), said);
          assert.match(said, /cat: can't open|is the root of the image|is in \/proc/);
        }
        rmSync(join(fixture.dataDirectory, "volumes/deep-volume"), { recursive: true, force: true });
      });
      it(`${title} is no way out for the working directory`, async () => {
        const attack: Attack = { layers: [entries()], config: { WorkingDir: "/data" }, script: "cat secret; pwd" };
        const said = await run(taskOf(attack)).catch((error: Error) => error.message);
        assert.ok(!said.includes(SECRET), said);
      });
    }

    it("accounts are not read outside of the image", async () => {
      const passwd: readonly TarEntry[] = [{ path: "etc/passwd", type: "link", target: join(canary, "passwd") }];
      await refused({ layers: [passwd], container: { user: "evil" } }, /user "evil" is not in the image's/);
      const etc: readonly TarEntry[] = [
        { path: ".wh.etc", content: "" },
        { path: "etc", type: "link", target: canary },
      ];
      await refused(
        { layers: [[{ path: ".wh.etc", content: "" }], etc.slice(1)], container: { user: "evil" } },
        /"evil"/,
      );
    });

    it("the host's files for a container are not put outside of it", async () => {
      const layers = [
        ["hosts", "hostname", "resolv.conf"].map(
          (name): TarEntry => ({ path: `etc/${name}`, type: "link", target: join(canary, name) }),
        ),
      ];
      assert.match(await output({ layers, script: "echo more >>/etc/hosts; cat /etc/hosts" }), /more$/);
    });

    it("no file of the kernel's is replaced by one of the image's", async () => {
      const proc: readonly TarEntry[] = [{ path: "fake" }, { path: "proc", type: "link", target: "fake" }];
      await refused({ layers: [proc] }, /the image has a link at \/proc, where a directory must be/);
      await refused(
        { layers: [], config: { Volumes: { "/proc": {} } } },
        /\/proc is in \/proc: nothing can be mounted/,
      );
      await refused(
        { layers: [[{ path: "v", type: "link", target: "/proc/sys" }]], config: { Volumes: { "/v": {} } } },
        /mount target \/v is in \/proc, by links of the image to \/proc\/sys/,
      );
      await refused(
        { layers: [[{ path: "v", type: "link", target: "/" }]], config: { Volumes: { "/v": {} } } },
        /mount target \/v is the root of the image/,
      );
    });

    it("what one container swaps is no way out for another that mounts there", async () => {
      const shared = join(fixture.directory, "shared");
      mkdirSync(join(shared, "place"), { recursive: true });
      symlinkSync(canary, join(shared, "link"));
      const bind = mount({ type: "BIND", source: shared, target: "/shared" });
      const swap =
        "while :; do mv /shared/place /shared/a; mv /shared/link /shared/place; mv /shared/place /shared/link; mv /shared/a /shared/place; done";
      const swapper = taskOf({ layers: [], container: { mounts: [bind], stopGracePeriodMs: 0 }, script: swap });
      await executor.prepare(swapper, NEVER, quiet);
      await executor.start(swapper, NEVER);
      try {
        for (let round = 0; round < 5; round++) {
          const mounts = [bind, mount({ target: "/shared/place/deep" })];
          const task = { ...swapper, id: fixture.task("").id };
          const container = { ...task.spec.container, mounts, command: ["/bin/sh", "-c", LOOT("/shared/place/deep")] };
          const said = await run({ ...task, spec: { ...task.spec, container } }).catch(String);
          assert.ok(!said.includes(SECRET), said);
        }
      } finally {
        await executor.stop(swapper);
        await executor.remove(swapper.id);
        rmSync(shared, { recursive: true });
      }
    });
  });

  describe("by their archives", () => {
    it("hard links do not reach files of the host", async () => {
      const target = `${"../".repeat(30)}${join(canary, "secret").slice(1)}`;
      for (const name of [target, join(canary, "secret")]) {
        const attack: Attack = {
          layers: [[{ path: "loot", type: "hardLink", target: name }]],
          script: "cat /loot; echo overwritten >/loot",
        };
        await orRefusedByStore(() => output(attack));
        assert.equal(readFileSync(join(canary, "secret"), "utf8"), SECRET);
      }
    });

    it("names that climb, and files behind a link of the same layer, stay inside", async () => {
      const climbing = `${"../".repeat(30)}${join(canary, "escaped").slice(1)}`;
      const behind: readonly TarEntry[] = [
        { path: "way", type: "link", target: canary },
        { path: "way/escaped", content: "x" },
      ];
      for (const layer of [[{ path: climbing, content: "x" }], behind]) {
        await orRefusedByStore(() => output({ layers: [layer], script: "true" }));
      }
    });

    it("names with newlines neither hide an attribute nor feign one, and are copied as they are", async () => {
      const name = "a\n# file: x\ntrusted.overlay.redirect\nb";
      const feigned: Attack = {
        layers: [[{ path: name }, { path: `${name}/file`, content: "inside" }]],
        config: { Volumes: { [`/${name}`]: {} } },
        script: "cat /a*/file",
      };
      assert.equal(await output(feigned), "inside");
      const hidden = [{ path: name, xattrs: { "trusted.overlay.redirect": "/z" } }];
      await refused({ layers: [hidden] }, /trusted\.overlay\.redirect at \/a\\012# file: x\\012/);
    });

    it("devices of an image, in a volume too, cannot be opened", async () => {
      const { dev } = statSync(fixture.directory);
      const device = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)] as const;
      const layer: readonly TarEntry[] = [
        { path: "disk", type: "block", device, mode: 0o666 },
        { path: "devices" },
        { path: "devices/disk", type: "block", device, mode: 0o666 },
        { path: "etc/passwd", type: "character", device: [1, 5] },
        { path: "etc/group", type: "pipe" },
      ];
      const script = "for d in /disk /devices/disk; do head -c 1 $d; done 2>&1; echo end";
      const said = await output({ layers: [layer], config: { Volumes: { "/devices": {} } }, script });
      assert.deepEqual(said.split("\n"), [
        "head: /disk: Operation not permitted",
        "head: /devices/disk: Operation not permitted",
        "end",
      ]);
    });

    it("setuid programs that land in a volume are nothing to the host's users", async () => {
      const layer: readonly TarEntry[] = [
        { path: "suid" },
        { path: "suid/sh", content: readFileSync(BUSYBOX), mode: 0o4755 },
      ];
      const mounts = [mount({ source: "suid-volume", target: "/suid" })];
      assert.match(await output({ layers: [layer], container: { mounts }, script: "ls -l /suid/sh" }), /^-rwsr-xr-x/);
      const volume = join(fixture.dataDirectory, "volumes/suid-volume");
      const tried = spawnSync("setpriv", [...NOBODY, "/bin/sh", "-c", join(volume, "_data/sh")]);
      assert.match(tried.stderr.toString(), /Permission denied/);
      rmSync(volume, { recursive: true });
    });

    /** The store may well be the one that refuses. */
    async function orRefusedByStore(attack: () => Promise<unknown>): Promise<void> {
      await attack().catch((error: Error) => assert.match(error.message, /skopeo|escape|invalid|no such file/i));
    }
  });

  describe("by size", () => {
    it("a list of accounts without end is refused, and the daemon goes on meanwhile", async () => {
      const attack = { layers: [[{ path: "etc/passwd", content: Buffer.alloc(NEWLINES_BYTES, "\n") }]] };
      const task = taskOf({ ...attack, container: { user: "nobody-here" } });
      const delay = monitorEventLoopDelay({ resolution: 5 });
      delay.enable();
      await assert.rejects(run(task), /the image's \/etc\/passwd is larger than 8192 KiB, and is not read/);
      delay.disable();
      assert.ok(delay.max < 1e9, `the loop stood for ${Math.round(delay.max / 1e6)} ms`);
    });

    it("volumes without end are refused, and none is made", async () => {
      const Volumes = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`/v/${index}`, {}]));
      await refused({ layers: [], config: { Volumes } }, /VOLUME directories: 20000, but at most 100 are allowed/);
    });
  });

  it("one volume at two places is filled once, from the first that holds something", async () => {
    const layers: Attack["layers"] = [[{ path: "a" }, { path: "b" }, { path: "b/file", content: "from b" }]];
    const mounts = ["/a", "/b"].map((target) => mount({ source: "twice", target }));
    assert.equal(await output({ layers, container: { mounts }, script: "cat /a/file /b/file" }), "from bfrom b");
    assert.deepEqual(readdirSync(join(fixture.dataDirectory, "volumes/twice")), ["_data"]);
    rmSync(join(fixture.dataDirectory, "volumes/twice"), { recursive: true });
  });
});
