import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { SwarmError } from "../../../../shared/errors.ts";
import type { ContainerKey } from "../../../../shared/ids.ts";
import type { CommandResult, CommandRunner } from "../../../../worker/ports/command-runner.ts";
import type { MonitorLauncher, MonitorReply } from "../../../../worker/ports/monitor-launcher.ts";
import { unsealedPrograms } from "../../../../worker/ports/sealed-programs.ts";
import { containerPaths, sharedPaths } from "../../../../worker/runtime/container-paths.ts";
import { OciRuntime } from "../../../../worker/runtime/oci-runtime.ts";
import { programPlaces } from "../../../../worker/runtime/program-places.ts";
import { MemoryHostFiles } from "../../../support/memory-host-files.ts";

test("a host runs two of the runtime's programs for each processor, and never fewer than two or more than 32", () => {
  const cpus = [0, 1, 2, 4, 16, 17, 256];
  assert.deepEqual(cpus.map(programPlaces), [2, 2, 4, 8, 32, 32, 32]);
});

const DONE: CommandResult = { exitCode: 0, stdout: "", stderr: "" };
const NEVER = new AbortController().signal;
const shared = sharedPaths("/data", "/run");
const keyOf = (at: number): ContainerKey => String(at).padStart(25, "k") as ContainerKey;

/** A runtime whose programs run until the test ends them. */
class World {
  /** What runs, in the order in which it was started. */
  readonly running: { readonly what: string; readonly end: () => void }[] = [];
  readonly runtime: OciRuntime;

  constructor(programsAtOnce: number) {
    const commands: CommandRunner = {
      run: (argv) =>
        this.#start(`${argv.find((word) => WORDS.has(word))} ${Number(argv.at(-1)?.replaceAll("k", ""))}`, DONE),
    };
    const launcher: MonitorLauncher = {
      launch: async ({ argv }, _timeoutMs, signal, whileMounted) => {
        const mounted = { rootfs: "", memory: "", pathOf: (path: string) => path, bind: () => {} };
        await whileMounted(mounted, signal);
        signal.throwIfAborted();
        const key = argv[argv.indexOf("--cid") + 1] ?? "";
        return await this.#start<MonitorReply>(`create ${Number(key.replaceAll("k", ""))}`, { pid: 1, complaint: "" });
      },
    };
    const options = { program: "crun", programOf: () => "", conmon: "conmon", root: "/oci", hostname: "host1" };
    this.runtime = new OciRuntime(
      { ...options, programsAtOnce },
      { commands, launcher, files: new MemoryHostFiles(), programs: unsealedPrograms },
    );
  }

  get names(): readonly string[] {
    return this.running.map(({ what }) => what);
  }

  create(at: number, whileMounted: () => Promise<void> = async () => {}, signal = NEVER): Promise<number> {
    const key = keyOf(at);
    const paths = containerPaths(shared, key);
    return this.runtime.create(
      {
        ...{ key, name: `web.${at}`, paths, shared, overlayDirectory: "/overlay", layerLinks: ["L"], tty: false },
        ...{ stdin: "none", memoryOptions: [], ociRuntime: "crun", sharedSources: [], logBytesMax: null },
      },
      signal,
      whileMounted,
    );
  }

  async end(what: string): Promise<void> {
    const at = this.names.indexOf(what);
    assert.ok(at >= 0, `${what} runs`);
    this.running.splice(at, 1)[0]?.end();
    await settled();
  }

  #start<T>(what: string, result: T): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    this.running.push({ what, end: () => resolve(result) });
    return promise;
  }
}

const WORDS: ReadonlySet<string> = new Set(["start", "state", "delete", "exec"]);

/** Everything that waits for nothing but promises has been done. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("programs that make, start and take away containers take turns", () => {
  it("so many at once, and the others in the order in which they came, whatever they do", async () => {
    const world = new World(2);
    const all = [
      world.create(1),
      world.runtime.start(keyOf(2), "web.2", false),
      world.runtime.delete(keyOf(3)),
      world.runtime.start(keyOf(4), "web.4", false),
    ];
    await settled();
    assert.equal(world.running.length, 2);
    const seen: string[] = [];
    while (world.running.length > 0) {
      assert.ok(world.running.length <= 2);
      seen.push(...world.names.filter((name) => !seen.includes(name)));
      await world.end(mustBe(world.names[0]));
    }
    await Promise.all(all);
    assert.deepEqual(seen.toSorted(), ["create 1", "delete 3", "start 2", "start 4"]);
    assert.ok(seen.indexOf("delete 3") < seen.indexOf("start 4"));
  });

  it("and one whose volume is still being filled holds no place", async () => {
    const world = new World(1);
    const filled = Promise.withResolvers<void>();
    const slow = world.create(1, () => filled.promise);
    const other = world.create(2);
    await settled();
    assert.deepEqual(world.names, ["create 2"]);
    await world.end("create 2");
    await other;
    filled.resolve();
    await settled();
    await world.end("create 1");
    await slow;
  });

  it("while what runs in a container waits for nobody: a health check may take as long as it likes", async () => {
    const world = new World(1);
    const begun = world.runtime.start(keyOf(1), "web.1", false);
    await settled();
    const check = world.runtime.exec(keyOf(2), { processFile: "p", pidFile: "q" }, 1_000, NEVER);
    await settled();
    assert.deepEqual(world.names, ["start 1", "exec 2"]);
    await world.end("exec 2");
    await check;
    await world.end("start 1");
    await begun;
  });

  it("gives the place back of one that failed, or that nobody wants any more", async () => {
    const world = new World(1);
    await assert.rejects(
      world.create(1, async () => {
        throw new SwarmError("failedPrecondition", "no such user");
      }),
      /no such user/,
    );
    const held = world.runtime.start(keyOf(2), "web.2", false);
    const over = new AbortController();
    const unwanted = world.create(3, async () => {}, over.signal);
    await settled();
    over.abort(new SwarmError("cancelled", "the task has to go"));
    await assert.rejects(unwanted, /has to go/);
    const last = world.create(4);
    await settled();
    assert.deepEqual(world.names, ["start 2"]);
    await world.end("start 2");
    await held;
    assert.deepEqual(world.names, ["create 4"]);
    await world.end("create 4");
    await last;
  });
});

function mustBe(name: string | undefined): string {
  assert.ok(name !== undefined);
  return name;
}
