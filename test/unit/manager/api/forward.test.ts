import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Metadata } from "@grpc/grpc-js";
import { type ControlHandlers, createControlApi, createLeaderlessApi } from "../../../../manager/api/control-api.ts";
import { forwardToLeader } from "../../../../manager/api/forward.ts";
import { LEADER_WAIT_MS, LeaderRoute } from "../../../../manager/api/leader-route.ts";
import { StoreMachine } from "../../../../manager/store/store-machine.ts";
import type { RaftId, RaftMember } from "../../../../raft/ids.ts";
import type { RpcClient } from "../../../../shared/rpc/client.ts";
import { ConnectionError } from "../../../../shared/rpc/connect-error.ts";
import type { CallContext, Caller } from "../../../../shared/rpc/handler.ts";
import { NotLeaderError } from "../../../../shared/rpc/not-leader.ts";
import { services } from "../../../../shared/rpc/schema.ts";
import { createTestApi, never } from "../../../support/control-api.ts";
import { MemoryRaft } from "../../../support/memory-raft.ts";
import { createNode, testId } from "../../../support/objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

type ControlClient = RpcClient<typeof services.control>;

const member = (number: number): RaftMember => ({
  raftId: number as RaftId,
  nodeId: testId(`m${number}`),
  address: `10.77.0.${number}:2377`,
});

const context = (part: Partial<CallContext> = {}): CallContext => ({
  caller: { kind: "local" },
  forwardedBy: null,
  signal: never,
  deadlineMs: null,
  metadata: new Metadata(),
  ...part,
});

/** Manager m2, which follows; `connect` decides what the others answer. */
function createFollower(
  connect: (address: string) => ControlClient,
  local?: ControlHandlers,
  withoutLeader: Partial<ControlHandlers> = {},
) {
  const clock = new VirtualClock();
  const raft = new MemoryRaft({ machine: new StoreMachine({ freeze: true }), autoCommit: true, member: member(2) });
  raft.members = [member(1), member(2), member(3)];
  const route = new LeaderRoute({ raft, clock });
  const connected: string[] = [];
  const forwarding = forwardToLeader({
    service: services.control,
    handlers: local ?? createControlApi({} as never),
    withoutLeader,
    route,
    clock,
    connect: (address) => {
      connected.push(address);
      return connect(address);
    },
  });
  return { clock, raft, route, connected, handlers: forwarding.handlers };
}

/** A client that answers `listNodes` only. */
function answering(listNodes: (caller: Caller | undefined) => Promise<unknown>): ControlClient {
  return {
    listNodes: (_request: unknown, options: { onBehalfOf?: Caller }) => listNodes(options.onBehalfOf),
  } as unknown as ControlClient;
}

const request = { idPrefixes: [], namePrefixes: [], labels: [], roles: [] };

describe("a manager that follows", () => {
  it("passes a call to the leader in the caller's name, over one connection", async () => {
    const callers: (Caller | undefined)[] = [];
    const follower = createFollower(() =>
      answering(async (caller) => {
        callers.push(caller);
        return { nodes: [] };
      }),
    );
    follower.raft.otherLeader = 1 as RaftId;
    const caller = {
      kind: "node",
      nodeId: testId("m3"),
      role: "MANAGER",
      roleGeneration: 0,
      certificateRoot: "",
      clusterId: "c",
      address: "a",
    } as const;
    await follower.handlers.listNodes.run(request, context());
    await follower.handlers.listNodes.run(request, context({ caller }));
    assert.deepEqual(callers, [{ kind: "local" }, caller]);
    assert.deepEqual(follower.connected, ["10.77.0.1:2377"]);
  });

  it("refuses a worker at once, and sends nothing on", async () => {
    const follower = createFollower(() => assert.fail("connected"));
    const caller = {
      kind: "node",
      nodeId: testId("w1"),
      role: "WORKER",
      roleGeneration: 0,
      certificateRoot: "",
      clusterId: "c",
      address: "a",
    } as const;
    await assert.rejects(follower.handlers.listNodes.run(request, context({ caller })), {
      code: "permissionDenied",
      message: /^This node is not a swarm manager\./,
    });
    await assert.rejects(
      follower.handlers.listNodes.run(request, context({ caller: { kind: "anonymous", address: "a" } })),
      { code: "unauthenticated" },
    );
  });

  it("does not pass on what was passed to it, but names the leader it knows", async () => {
    const follower = createFollower(() => assert.fail("connected"));
    follower.raft.otherLeader = 3 as RaftId;
    await assert.rejects(follower.handlers.listNodes.run(request, context({ forwardedBy: testId("m1") })), {
      leaderAddress: "10.77.0.3:2377",
    });
  });

  it("waits for an election, and says after five seconds that there is no leader", async () => {
    const follower = createFollower(() => assert.fail("connected"));
    const started = follower.clock.now();
    const call = follower.handlers.listNodes.run(request, context());
    const outcome = assert.rejects(call, {
      code: "unavailable",
      message: /^The swarm does not have a leader\./,
    });
    await follower.clock.run(LEADER_WAIT_MS);
    await outcome;
    assert.equal(follower.clock.now() - started, LEADER_WAIT_MS);
    assert.deepEqual(follower.clock.pending, []);
  });

  describe("asked for the unlock key while there is no leader", () => {
    const KEY = "SWMKEY-1-key";
    const asked = async (unlockKey: string, part: Partial<CallContext> = {}): Promise<unknown> => {
      const api = await createTestApi();
      await api.store.update("key", (tx) => tx.update("cluster", { ...tx.cluster(), unlockKey }));
      const follower = createFollower(() => assert.fail("connected"), undefined, createLeaderlessApi(api));
      const call = follower.handlers.getUnlockKey.run({}, context(part));
      call.catch(() => {});
      await follower.clock.run(LEADER_WAIT_MS);
      return await call;
    };

    it("tells root of its host the one it knew last, and that it may be another's by now", async () => {
      assert.deepEqual(await asked(KEY), { unlockKey: KEY, unconfirmed: true });
    });

    it("tells nobody else", async () => {
      const caller = { ...{ kind: "node", nodeId: testId("m3"), role: "MANAGER" }, clusterId: "c" } as never;
      await assert.rejects(asked(KEY, { caller }), { code: "unavailable" });
      await assert.rejects(asked(KEY, { forwardedBy: testId("m1") }), { code: "unavailable" });
    });

    it("does not claim that there is none, which it cannot know", async () => {
      await assert.rejects(asked(""), { message: /^The swarm does not have a leader\./ });
    });
  });

  it("carries a call out itself when it is elected meanwhile", async () => {
    const api = await createTestApi();
    await api.store.update("node", (tx) => tx.create("node", createNode("n1")));
    const follower = createFollower(() => assert.fail("connected"), createControlApi(api));
    const call = follower.handlers.listNodes.run(request, context());
    await follower.clock.run(300);
    follower.raft.becomeLeader();
    assert.equal((await call).nodes?.length, 1);
  });

  it("follows a change of leader: one dead, one that leads no more, then the new one", async () => {
    const follower = createFollower((address) =>
      answering(async () => {
        switch (address) {
          case "10.77.0.1:2377":
            follower.raft.otherLeader = 3 as RaftId;
            throw new ConnectionError(false, `cannot connect to ${address}: connection refused`);
          default:
            if (attempts++ === 0) throw new NotLeaderError(null);
            return { nodes: [] };
        }
      }),
    );
    let attempts = 0;
    follower.raft.otherLeader = 1 as RaftId;
    const call = follower.handlers.listNodes.run(request, context());
    await follower.clock.run(1000);
    await call;
    assert.deepEqual(follower.connected, ["10.77.0.1:2377", "10.77.0.3:2377"]);
    assert.equal(attempts, 2);
  });

  it("does not repeat a change whose outcome is unknown, and says so", async () => {
    let calls = 0;
    const removeNode = async (): Promise<never> => {
      calls++;
      throw new ConnectionError(true, "the connection broke off");
    };
    const follower = createFollower(() => ({ removeNode }) as unknown as ControlClient);
    follower.raft.otherLeader = 1 as RaftId;
    const removal = follower.handlers.removeNode.run({ ref: "host3", force: false }, context());
    await assert.rejects(removal, /may or may not have been carried out/);
    assert.equal(calls, 1);
  });

  it("repeats a read whatever became of the first", async () => {
    let calls = 0;
    const follower = createFollower(() =>
      answering(async () => {
        if (calls++ === 0) throw new ConnectionError(true, "the connection broke off");
        return { nodes: [] };
      }),
    );
    follower.raft.otherLeader = 1 as RaftId;
    const call = follower.handlers.listNodes.run(request, context());
    await follower.clock.run(1000);
    await call;
    assert.equal(calls, 2);
  });

  it("stops waiting when the caller goes away", async () => {
    const follower = createFollower(() => assert.fail("connected"));
    const abort = new AbortController();
    const call = follower.handlers.listNodes.run(request, context({ signal: abort.signal }));
    const outcome = assert.rejects(call, /gone/);
    abort.abort(new Error("gone"));
    await outcome;
    assert.deepEqual(follower.clock.pending, []);
  });

  it("passes a stream on, message by message, and starts it anew only while nothing was sent", async () => {
    let streams = 0;
    const client = {
      async *watch() {
        if (streams++ === 0) throw new NotLeaderError(null);
        yield { version: 1, changes: [] };
        yield { version: 2, changes: [] };
        throw new NotLeaderError(null);
      },
    } as unknown as ControlClient;
    const follower = createFollower(() => client);
    follower.raft.otherLeader = 1 as RaftId;
    const versions: unknown[] = [];
    const call = follower.handlers.watch.run({}, context(), async ({ version }) => {
      versions.push(version);
    });
    const outcome = assert.rejects(call, NotLeaderError);
    await follower.clock.run(1000);
    await outcome;
    assert.deepEqual(versions, [1, 2]);
    assert.equal(streams, 2);
  });
});
