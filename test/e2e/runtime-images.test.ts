import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { TaskContainers } from "../../worker/executor/task-containers.ts";
import { Registry } from "../support/registry.ts";
import { NEVER, RuntimeFixture } from "./runtime-fixture.ts";

const quiet = (): void => {};

describe("images from a registry", () => {
  let fixture: RuntimeFixture;
  let registry: Registry;
  let executor: TaskContainers;

  before(async () => {
    fixture = new RuntimeFixture();
    registry = await Registry.start();
    registry.push(fixture.image.source, "library/swarm-test:latest");
    executor = await fixture.executor({ registriesConf: registry.registriesConf });
  });
  after(async () => {
    await registry[Symbol.asyncDispose]();
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
    // How far it has got is said as well, when it takes long.
    const begun = messages.filter((message) => !/( so far|: \d+ %, .*|: unpacking .*)$/.test(message));
    assert.deepEqual(begun, Array(3).fill("pulling swarm-test:latest"));
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

  it("says what is wrong with an image that cannot be read", async () => {
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
