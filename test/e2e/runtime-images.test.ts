import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { ContainerExecutor } from "../../worker/executor/container-executor.ts";
import { eventually, NEVER, RuntimeFixture, whyNot } from "./runtime-fixture.ts";

const REGISTRY = "/usr/bin/docker-registry";
const skip = whyNot() ?? (existsSync(REGISTRY) ? false : `${REGISTRY} is not installed`);
const quiet = (): void => {};

describe("images from a registry", { skip }, () => {
  let fixture: RuntimeFixture;
  let registry: Registry;
  let executor: ContainerExecutor;

  before(async () => {
    fixture = new RuntimeFixture();
    registry = await Registry.start();
    execFileSync("skopeo", [
      ...["--insecure-policy", "copy", "-q", "--dest-tls-verify=false", fixture.image.source],
      `docker://localhost:${registry.port}/library/swarm-test:latest`,
    ]);
    executor = await fixture.executor({ registriesConf: registry.registriesConf });
  });
  after(async () => {
    await registry.remove();
    await fixture[Symbol.asyncDispose]();
  });

  async function exitCodeOf(image: string): Promise<number> {
    const task = fixture.task("exit 3", { image });
    const messages: string[] = [];
    await executor.prepare(task, NEVER, (message) => messages.push(message));
    await executor.start(task, NEVER);
    const { exitCode } = await executor.wait(task.id, NEVER);
    await executor.remove(task.id);
    return exitCode;
  }
  async function refusal(image: string): Promise<unknown> {
    const task = fixture.task("true", { image });
    try {
      await executor.prepare(task, NEVER, quiet);
      return null;
    } catch (error) {
      return error;
    } finally {
      await executor.remove(task.id);
    }
  }

  it("pulls by the mirror that registries.conf names, once for all who want it", async () => {
    const image = fixture.imageReference;
    const tasks = [1, 2, 3].map(() => fixture.task("true", { image }));
    const messages: string[] = [];
    await Promise.all(tasks.map((task) => executor.prepare(task, NEVER, (message) => messages.push(message))));
    assert.deepEqual(messages, Array(3).fill("pulling swarm-test:latest"));
    for (const task of tasks) await executor.remove(task.id);
    assert.deepEqual(fixture.leftovers(), []);
  });

  it("takes an image by tag, and by digest without asking anyone when it is here", async () => {
    assert.equal(await exitCodeOf("swarm-test"), 3);
    await registry.stop();
    assert.equal(await exitCodeOf(fixture.imageReference), 3);
    assert.equal(await exitCodeOf("swarm-test"), 3, "the one that is here will do");
    const error = await refusal("other-image");
    assert.match(String(error), /cannot pull other-image:latest: registry docker.io cannot be reached/);
    assert.equal((error as { code?: string }).code, "unavailable");
    await registry.begin();
  });

  it("says what is wrong with an image that cannot be had", async () => {
    assert.match(
      String(await refusal("swarm-test:none")),
      /no such image: registry docker.io does not have swarm-test:none/,
    );
    assert.match(
      String(await refusal("no-such-image")),
      /no such image: registry docker.io does not have no-such-image:latest/,
    );
    assert.match(String(await refusal(`swarm-test@sha256:${"0".repeat(64)}`)), /no such image/);
    assert.match(String(await refusal("Bad Name")), /invalid image reference/);
    assert.deepEqual(fixture.leftovers(), []);
  });

  it("stops pulling when nobody wants it any more", async () => {
    const controller = new AbortController();
    const task = fixture.task("true", { image: "swarm-test:none" });
    const prepared = executor.prepare(task, controller.signal, quiet);
    controller.abort();
    await assert.rejects(prepared, /cancelled/);
    await executor.remove(task.id);
  });
});

/** A registry on the loopback, and a registries.conf that puts it in the place of docker.io. */
class Registry {
  readonly port: number;
  readonly registriesConf: string;
  readonly #directory: string;
  readonly #config: string;
  #child: ChildProcess | null = null;

  private constructor(directory: string, port: number) {
    this.port = port;
    this.#directory = directory;
    this.registriesConf = join(directory, "registries.conf");
    this.#config = join(directory, "registry.yml");
    const storage = join(directory, "registry");
    mkdirSync(storage);
    writeFileSync(
      this.#config,
      `version: 0.1\nstorage: { filesystem: { rootdirectory: "${storage}" } }\nhttp: { addr: "127.0.0.1:${port}" }\n`,
    );
    writeFileSync(
      this.registriesConf,
      `[[registry]]\nprefix = "docker.io"\nlocation = "localhost:${port}"\ninsecure = true\n`,
    );
  }

  static async start(): Promise<Registry> {
    const registry = new Registry(mkdtempSync(join(tmpdir(), "swarm-registry-")), await freePort());
    await registry.begin();
    return registry;
  }

  async begin(): Promise<void> {
    this.#child = spawn(REGISTRY, ["serve", this.#config], { stdio: "ignore" });
    const url = `http://127.0.0.1:${this.port}/v2/`;
    await eventually("the registry answers", async () => (await fetch(url).catch(() => null))?.ok === true);
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#directory, { recursive: true });
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
