import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SwarmError } from "../../../../../shared/errors.ts";
import { silentLogger } from "../../../../../shared/log.ts";
import { seededRandom } from "../../../../../shared/ports/seeded-random.ts";
import type { ContainerConfig } from "../../../../../shared/rpc/gen/containers.ts";
import { BuildCells } from "../../../../../worker/engine/builds/build-cells.ts";
import type { CellMaker } from "../../../../../worker/executor/cell-maker.ts";
import { createCell } from "../../../../support/cell.ts";
import { MemoryHostFiles } from "../../../../support/memory-host-files.ts";
import { VirtualClock } from "../../../../support/virtual-clock.ts";

const LEFT = "ab".repeat(32);
const HEADER = { step: null, network: "mine", hosts: [] };

/** A host that says what of builds it has: namespaces, groups, addresses, directories. */
function world({ failsToMake = false } = {}) {
  const files = new MemoryHostFiles();
  const attached = new Set<string>();
  const leased = new Set<string>();
  const clock = new VirtualClock();
  let isStuck = false;
  const cells = {
    async make({ key }: Parameters<CellMaker["make"]>[0]) {
      attached.add(key);
      if (failsToMake) throw new SwarmError("failedPrecondition", "no link");
      return createCell();
    },
    async clear(key: string) {
      if (isStuck) throw new SwarmError("internal", "a process does not die");
      attached.delete(key);
    },
  } as unknown as CellMaker;
  const builds = new BuildCells({
    ...{ cells, files, clock, random: seededRandom(1), log: silentLogger, directory: "/run/builds" },
    places: {
      resolve: async (config: ContainerConfig) => config,
      lease: async ({ id }) => {
        leased.add(id);
        return [];
      },
      publish() {},
      release: (id) => void leased.delete(id),
    },
  });
  const left = async () => [...(await files.list("/run/builds")), ...attached, ...leased];
  const stick = (isOn: boolean): void => {
    isStuck = isOn;
  };
  return { builds, files, attached, leased, clock, left, stick };
}

describe("the cells of builds", () => {
  it("are known to who gives addresses while a build runs, and nothing is left of them afterwards", async () => {
    const { builds, left, leased } = world();
    const cell = await builds.make(HEADER);
    assert.deepEqual(
      builds.stored().map(({ id }) => id),
      [...leased],
    );
    assert.match(builds.stored()[0]?.config?.name ?? "", /^build-[0-9a-f]{12}$/);
    assert.match(cell.runtime("/edits"), /-f '\/edits'/);
    await cell[Symbol.asyncDispose]();
    assert.deepEqual([...builds.stored(), ...(await left())], []);
  });

  it("leave nothing where one cannot be made", async () => {
    const { builds, left } = world({ failsToMake: true });
    await assert.rejects(builds.make(HEADER), { message: "no link" });
    assert.deepEqual([...builds.stored(), ...(await left())], []);
  });

  it("that a daemon which was killed has left are taken away, others are not", async () => {
    const { builds, files, attached, left, clock } = world();
    await files.makeDirectory(`/run/builds/${LEFT}`);
    attached.add(LEFT);
    const cell = await builds.make(HEADER);
    const [{ id } = { id: "" }] = builds.stored();
    const stop = new AbortController();
    const running = builds.run(stop.signal);
    await clock.run(1);
    assert.deepEqual(new Set(await left()), new Set([id]));
    stop.abort();
    await running;
    await cell[Symbol.asyncDispose]();
  });

  it("that could not be taken away are tried again within a minute", async () => {
    const { builds, left, clock, stick } = world();
    const stop = new AbortController();
    const running = builds.run(stop.signal);
    const cell = await builds.make(HEADER);
    stick(true);
    await cell[Symbol.asyncDispose]();
    assert.notDeepEqual(await left(), []);
    stick(false);
    await clock.run(60_000);
    assert.deepEqual(await left(), []);
    stop.abort();
    await running;
  });
});
