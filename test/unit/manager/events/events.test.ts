import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventsOf } from "../../../../manager/events/events-of.ts";
import { tellEvents } from "../../../../manager/events/tell-events.ts";
import type { Change, Commit } from "../../../../manager/store/store-types.ts";
import { createNode, createService, createTask } from "../../../support/objects.ts";

const NODE = createNode("n1");
const SERVICE = createService("s1");
const TASK = createTask("t1", SERVICE);
const events = (...changes: unknown[]) => eventsOf({ changes: changes as Change[] });
const told = (...changes: unknown[]): string[] => events(...changes).map(({ type, action }) => `${type} ${action}`);

describe("the events of a swarm", () => {
  it("tell of a new object and of one that is gone", () => {
    assert.deepEqual(
      told(
        { kind: "service", action: "create", object: SERVICE, old: null },
        { kind: "node", action: "remove", object: NODE, old: NODE },
      ),
      ["service create", "node remove"],
    );
  });

  it("say of a node what has changed, and nothing of what people cannot see", () => {
    const down = { ...NODE, status: { ...NODE.status, state: "DOWN" } };
    const [event] = events({ kind: "node", action: "update", object: down, old: NODE });
    assert.equal(event?.attributes["state.new"], "down");
    assert.equal(event?.attributes["state.old"], NODE.status.state.toLowerCase());
    const same = { ...NODE, meta: { ...NODE.meta, version: 99 }, spec: structuredClone(NODE.spec) };
    assert.deepEqual(told({ kind: "node", action: "update", object: same, old: NODE }), []);
  });

  it("tell of a change of a spec that has no words of its own", () => {
    const spec = { ...SERVICE.spec, annotations: { ...SERVICE.spec.annotations, labels: { a: "b" } } };
    const changed = { kind: "service", action: "update", object: { ...SERVICE, spec }, old: SERVICE };
    assert.deepEqual(told(changed), ["service update"]);
  });

  it("tell of a task that it runs and how it ended, once", () => {
    const at = (state: string) => ({ ...TASK, status: { ...TASK.status, state } });
    const step = (old: string, state: string) => ({ kind: "task", action: "update", object: at(state), old: at(old) });
    assert.deepEqual(
      told(step("NEW", "PENDING"), step("STARTING", "RUNNING"), step("RUNNING", "RUNNING"), step("RUNNING", "FAILED")),
      ["task running", "task failed"],
    );
  });

  it("are told from the commits of a daemon's own life", () => {
    const noted: string[] = [];
    let listener: (commit: Commit) => void = () => {};
    const store = {
      subscribe: (given: typeof listener) => {
        listener = given;
        return { [Symbol.dispose]: () => {} };
      },
    };
    const raft = { status: () => ({ commit: 7 }) } as unknown as Parameters<typeof tellEvents>[1];
    using _told = tellEvents(store, raft, ({ id }) => noted.push(id));
    const commit = (version: number, id: string): Commit => ({
      version,
      changes: [{ kind: "node", action: "create", object: createNode(id), old: null }],
      resync: false,
    });
    listener(commit(7, "before"));
    listener(commit(8, "after"));
    assert.deepEqual(noted, [createNode("after").id]);
  });
});
