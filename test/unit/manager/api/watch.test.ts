import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { WATCH_QUEUE_MAX, watch } from "../../../../manager/api/watch.ts";
import type { WatchResponse } from "../../../../shared/rpc/gen/control.ts";
import type { Sendable } from "../../../../shared/rpc/sendable.ts";
import { createTestApi, type TestApi } from "../../../support/control-api.ts";
import * as make from "../../../support/objects.ts";
import { snapshotBytes } from "../../../support/state-machine.ts";

type Message = Sendable<WatchResponse>;

class Watcher {
  readonly messages: Message[] = [];
  readonly ended: Promise<void>;
  readonly #abort = new AbortController();
  /** While set, messages are not taken. */
  blocked: Promise<void> | null = null;

  constructor(api: TestApi) {
    this.ended = watch(api, this.#abort.signal, async (message) => {
      this.messages.push(message);
      await this.blocked;
    });
    this.ended.catch(() => {});
  }

  stop(): Promise<void> {
    this.#abort.abort();
    return this.ended;
  }

  /** As words, such as "UPDATE task t1". */
  get words(): string[] {
    return this.messages.flatMap(({ changes }) =>
      (changes ?? []).map((change) => {
        const [[kind, object] = ["", { id: "" }]] = Object.entries(change).filter(([key]) => key !== "kind") as [
          string,
          { id: string },
        ][];
        return `${change.kind} ${kind} ${object.id.replace(/z+$/, "")}`;
      }),
    );
  }
}

const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("watch", () => {
  it("sends the present state first and then each commit, with nothing missed or twice", async () => {
    const api = await createTestApi();
    await api.store.update("before", (tx) => tx.create("service", make.createService("web")));
    const watcher = new Watcher(api);
    const during = api.store.update("during", (tx) => tx.create("node", make.createNode("n1")));
    await during;
    await api.store.update("after", (tx) => tx.remove("service", make.testId("web")));
    await flush();
    assert.deepEqual(watcher.words, [
      "CREATE service web",
      "CREATE cluster c1",
      "CREATE node n1",
      "REMOVE service web",
    ]);
    assert.deepEqual(
      watcher.messages.map(({ version }) => version),
      [2, 3, 4],
    );
    await watcher.stop();
  });

  it("shows nodes and the cluster as a get would: with manager status, without the CA key", async () => {
    const api = await createTestApi();
    const watcher = new Watcher(api);
    await api.store.update("node", (tx) => tx.create("node", make.createNode("m1", { role: "MANAGER" })));
    await flush();
    assert.equal(watcher.messages[0]?.changes?.[0]?.cluster?.rootCa?.caKey, "");
    assert.equal(watcher.messages[1]?.changes?.[0]?.node?.managerStatus?.leader, true);
    await watcher.stop();
  });

  it("ends with unavailable when leadership is lost", async () => {
    const api = await createTestApi();
    const watcher = new Watcher(api);
    await flush();
    api.store.raft.loseLeadership();
    await assert.rejects(watcher.ended, { code: "unavailable" });
  });

  it("ends with aborted when its reader is too slow, and when a snapshot replaces the state", async () => {
    const api = await createTestApi();
    const slow = new Watcher(api);
    const gate = Promise.withResolvers<void>();
    slow.blocked = gate.promise;
    const node = make.createNode("n1");
    await api.store.update("create", (tx) => tx.create("node", node));
    for (let at = 0; at <= WATCH_QUEUE_MAX; at++) await api.store.update("touch", (tx) => tx.update("node", node));
    gate.resolve();
    await assert.rejects(slow.ended, { code: "aborted", message: /too slowly/ });
    const other = new Watcher(api);
    await flush();
    api.store.raft.restore(5000, snapshotBytes(api.store.machine));
    await assert.rejects(other.ended, { code: "aborted" });
  });

  it("ends quietly when the caller goes away", async () => {
    const api = await createTestApi();
    const watcher = new Watcher(api);
    await watcher.stop();
  });
});
