import assert from "node:assert/strict";
import { it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { fromDockerCreate } from "../../../../../shared/docker-shape/container-request.ts";
import { silentLogger } from "../../../../../shared/log.ts";
import { systemClock } from "../../../../../shared/ports/system-clock.ts";
import type { OwnContainer } from "../../../../../shared/rpc/gen/containers.ts";
import { ContainerLife, type LifeParts } from "../../../../../worker/engine/containers/container-life.ts";
import { EventLog } from "../../../../../worker/engine/events/event-log.ts";
import { waitFor } from "../../../../support/wait.ts";

const ID = "a".repeat(64);
const KILLED = { kind: "exited", exitCode: 137, cause: "" } as const;

/** An executor whose containers run until they are stopped, and whose waits are told of it when the test says. */
function lifeWithLateWaits(): { readonly life: ContainerLife; readonly tellNextWait: () => void } {
  let isRunning = false;
  const waits: (() => void)[] = [];
  const executor = {
    prepare: async () => {},
    start: async () => {
      isRunning = true;
      return { kind: "running", pid: 1 };
    },
    stop: async () => {
      isRunning = false;
    },
    record: () => ({ stopSignal: 15 }),
    wait: () => new Promise((resolve) => waits.push(() => resolve(KILLED))),
    inspect: async () => (isRunning ? { kind: "running", pid: 1 } : KILLED),
    hostPorts: () => [],
    endedAtMs: async () => null,
    ranOutOfMemory: async () => false,
  };
  const stored = { id: ID, config: fromDockerCreate({ Image: "x" }, "web"), startedAtMs: 0, finishedAtMs: 0 };
  const parts = {
    ...{ executor, clock: systemClock, log: silentLogger, events: new EventLog(systemClock) },
    book: { put: async () => {}, remove: async () => {} },
    places: { lease: async () => [], publish: () => {}, release: () => {} },
    wanted: () => ({}),
    onRemoved: () => {},
  } as unknown as LifeParts;
  const life = new ContainerLife(stored as unknown as OwnContainer, parts, new AbortController().signal);
  return { life, tellNextWait: () => waits.shift()?.() };
}

it("a restarted container runs, however late it is heard that the run before has ended, and ends by itself", async () => {
  const { life, tellNextWait } = lifeWithLateWaits();
  await life.start();
  await life.restart(0);
  tellNextWait();
  // What that leads to has its turn before the loop comes round.
  await setImmediate();
  await life.locked(async () => {});
  assert.equal(life.state, "RUNNING");
  tellNextWait();
  await waitFor("the end", async () => life.state === "EXITED");
  assert.equal(life.stored.exitCode, 137);
});
