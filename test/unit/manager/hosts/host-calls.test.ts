import assert from "node:assert/strict";
import { test } from "node:test";
import { hostServices } from "../../../../shared/rpc/light/host-services.ts";
import { connectLocally } from "../../../../shared/rpc/light/local-client.ts";
import { HOST_CALLS_MAX } from "../../../../shared/rpc/limits.ts";
import { HOST_ID, OTHER_ID, startHostWorld } from "../../../support/host-services-world.ts";
import { waitFor } from "../../../support/wait.ts";

/** A handler that stays until its call is given up. */
const stay = async (_messages: unknown, { signal }: { signal: AbortSignal }): Promise<void> => {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
};

async function read(messages: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of messages);
}

test("a host whose daemon has no session with the leader is named, with its state", async () => {
  await using world = await startHostWorld({});
  await using down = hostServices(world.socketPath, { kind: "node", nodeId: OTHER_ID });
  await assert.rejects(down.streams.locate({}), {
    code: "unavailable",
    message: "node host2 cannot be reached (down): its daemon has no session with the leader",
  });
});

test("a node or task that is not there, and a task on no node, are refused", async () => {
  await using world = await startHostWorld({});
  const call = async (target: Parameters<typeof hostServices>[1]): Promise<void> => {
    await using nowhere = hostServices(world.socketPath, target);
    await nowhere.streams.locate({});
  };
  await assert.rejects(call({ kind: "node", nodeId: "nosuch" }), { code: "notFound" });
  await assert.rejects(call({ kind: "task", taskId: "nosuch" }), { code: "notFound" });
});

test("a path that is no method of an engine is refused by the leader", async () => {
  await using world = await startHostWorld({});
  await using hosts = connectLocally("hosts", world.socketPath);
  for (const path of ["/swarm.v1.Local/Leave", "/swarm.v1.Streams/NoSuch", "exec", ""]) {
    const call = hosts.call();
    await call.send({ head: { path, nodeId: HOST_ID } });
    await assert.rejects(read(call.messages), { code: "unimplemented" });
  }
});

test("a call that does not begin with its head is refused", async () => {
  await using world = await startHostWorld({});
  await using hosts = connectLocally("hosts", world.socketPath);
  const call = hosts.call();
  await call.send({ request: Buffer.alloc(1) });
  await assert.rejects(read(call.messages), { code: "invalidArgument", message: /begins with its head/ });
});

test("a host that is lost in the midst of a call is named", async () => {
  const begun = Promise.withResolvers<void>();
  await using world = await startHostWorld({
    exec: async (messages, context) => {
      begun.resolve();
      await stay(messages, context);
    },
  });
  const call = world.carried.streams.exec();
  await call.send({ signal: 1 });
  await begun.promise;
  world.endSession();
  await assert.rejects(read(call.messages), { code: "unavailable", message: /^node host1 was lost during the call/ });
});

test("a change of leader ends calls with that reason, and their handlers", async () => {
  const begun = Promise.withResolvers<AbortSignal>();
  await using world = await startHostWorld({
    exec: async (messages, context) => {
      begun.resolve(context.signal);
      await stay(messages, context);
    },
  });
  const call = world.carried.streams.exec();
  await call.send({ signal: 1 });
  const signal = await begun.promise;
  await world.endLeadership();
  await assert.rejects(read(call.messages), { code: "unavailable", message: /leader of the swarm has changed/ });
  await waitFor("the handler's signal", () => signal.aborted);
});

test("a host that opens no stream for a call is given up, and says nothing of it later", async () => {
  await using world = await startHostWorld({});
  world.isDeaf.value = true;
  await assert.rejects(world.carried.streams.locate({}), {
    code: "unavailable",
    message: "node host1 did not take the call within 5 s",
  });
});

test("a host has a limited number of open calls, and their end makes room", async () => {
  await using world = await startHostWorld({ exec: stay, locate: async () => ({}) });
  const giveUp = new AbortController();
  const calls = Array.from({ length: HOST_CALLS_MAX }, () => world.carried.streams.exec({ signal: giveUp.signal }));
  await Promise.all(calls.map((call) => call.send({ signal: 1 })));
  const isRefused = async (): Promise<boolean> => {
    try {
      await world.carried.streams.locate({});
      return false;
    } catch (error) {
      assert.match(String(error), /node host1 has 128 open calls/);
      return true;
    }
  };
  await waitFor("the limit", isRefused);
  giveUp.abort();
  await waitFor("room", async () => !(await isRefused()));
});

test("only the node that was asked may carry a call", async () => {
  await using world = await startHostWorld({});
  await assert.rejects(world.strangersCarry("nosuch"), { code: "notFound", message: /nobody waits for call nosuch/ });
});

test("a task is found by its names, and leads to its host", async () => {
  await using world = await startHostWorld({ locate: async ({ container }) => ({ name: container }) });
  await using hosts = connectLocally("hosts", world.socketPath);
  const found = await hosts.find({ task: "web.1" });
  assert.deepEqual(
    { ...found, taskId: "" },
    { nodeId: HOST_ID, hostname: "host1", taskId: "", taskName: found.taskName },
  );
  assert.equal(found.taskName, `web.1.${found.taskId}`);
  assert.equal((await hosts.find({ node: "host1" })).nodeId, HOST_ID);
  await using byTask = hostServices(world.socketPath, { kind: "task", taskId: found.taskId });
  assert.equal((await byTask.streams.locate({ container: "x" })).name, "x");
  await assert.rejects(hosts.find({ task: "nosuch" }), { code: "notFound", message: "No such container: nosuch" });
});
