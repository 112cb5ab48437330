import assert from "node:assert/strict";
import { test } from "node:test";
import { type Logger, silentLogger } from "../../../../shared/log.ts";
import { createGossipKeys, rotateGossipKeys } from "../../../../shared/pki/gossip-keys.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import type { GossipKeys } from "../../../../shared/rpc/gen/objects.ts";
import { META_BYTES_MAX } from "../../../../worker/gossip/wire/fields.ts";
import { toKeyring, toMeta, toSeeds } from "../../../../worker/membership/gossip-facts.ts";
import { Membership } from "../../../../worker/membership/membership.ts";
import { MemoryGossipNet } from "../../../support/memory-gossip-net.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const random = seededRandom(1);
const keys = createGossipKeys(random, 0);
const addressOf = (host: number): string => `10.77.0.${host}`;

function createWorld() {
  const clock = new VirtualClock();
  const net = new MemoryGossipNet(clock);
  const stack = new AsyncDisposableStack();
  const start = (host: number, log: Logger = silentLogger): Membership =>
    stack.use(
      new Membership(
        {
          nodeId: `n${host}`,
          listenAddress: addressOf(host),
          advertiseAddress: addressOf(host),
          meta: { role: "WORKER", dataPathAddress: addressOf(host), version: "1.2.3" },
        },
        { open: net.open, prober: net.prober, clock, random: random.fork(`host${host}`), log },
      ),
    );
  /** A host that knows all addresses and these keys. */
  const startKnowing = (host: number, gossipKeys: GossipKeys = keys): Membership => {
    const membership = start(host);
    membership.know({ keys: gossipKeys, addresses: [1, 2, 3].map(addressOf) });
    return membership;
  };
  const until = (what: string, condition: () => boolean, msMax = 10_000): Promise<number> =>
    clock.until(what, condition, msMax);
  return { clock, net, start, startKnowing, until, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const sees = (membership: Membership, host: number): string | undefined => membership.sight(`n${host}`)?.state;

test("does not gossip without keys, and begins when it has them", async () => {
  await using world = createWorld();
  const [a, b] = [world.start(1), world.startKnowing(2)];
  await world.clock.run(3_000);
  assert.equal(a.report(), null);
  assert.equal(a.sight("n1"), null);
  assert.equal(b.sight("n1"), null);
  a.know({ keys: { ...keys, keys: [] }, addresses: [addressOf(2)] });
  await world.clock.run(3_000);
  assert.equal(a.report(), null, "blanked keys are none");
  a.know({ keys, addresses: [addressOf(2)] });
  await world.until("they know each other", () => sees(a, 2) === "alive" && sees(b, 1) === "alive");
  assert.deepEqual(a.report(), []);
  assert.equal(sees(a, 1), "alive", "itself");
});

test("a host without power is gone for all within 2.5 s, and back when it gossips again", async () => {
  await using world = createWorld();
  const [a, b] = [world.startKnowing(1), world.startKnowing(2)];
  const c = world.startKnowing(3);
  await world.until("all know all", () => [a, b, c].every((one) => [1, 2, 3].every((host) => sees(one, host))));
  let calls = 0;
  using _ = a.onChange(() => calls++);
  world.net.off.add(addressOf(3));
  const tookMs = await world.until("it is gone", () => [a, b].every((one) => one.gone().has("n3")));
  assert.ok(tookMs > 1_000 && tookMs < 2_500, `${tookMs} ms`);
  assert.deepEqual(a.report(), [{ nodeId: "n3", unanswered: true }]);
  assert.ok(calls > 0);
  await world.clock.run(60_000);
  assert.ok(a.gone().has("n3"), "also when gossip has forgotten it");
  world.net.off.delete(addressOf(3));
  await world.until("it is back", () => [a, b].every((one) => one.gone().size === 0), 30_000);
  assert.deepEqual(a.report(), []);
});

test("a daemon that ended silently leaves its host there; one that left is gone at once", async () => {
  await using world = createWorld();
  const [a, b, c] = [world.startKnowing(1), world.startKnowing(2), world.startKnowing(3)];
  await world.until("all know all", () => [a, b, c].every((one) => [1, 2, 3].every((host) => sees(one, host))));
  await b[Symbol.asyncDispose]();
  await world.until("it is dead to gossip", () => sees(a, 2) === "dead");
  await world.clock.run(10_000);
  assert.deepEqual(a.report(), [{ nodeId: "n2", unanswered: false }]);
  assert.equal(a.gone().size, 0);
  const left = c.leave();
  await world.until("it is gone", () => a.gone().has("n3"), 2_000);
  await world.clock.run(5_000);
  await left;
});

test("keys are changed while hosts gossip, and one that is a rotation behind stays", async () => {
  await using world = createWorld();
  const hosts = [world.startKnowing(1), world.startKnowing(2), world.startKnowing(3)];
  const [a, , c] = hosts as [Membership, Membership, Membership];
  await world.until("all know all", () => hosts.every((one) => [1, 2, 3].every((host) => sees(one, host) === "alive")));
  const changes: string[] = [];
  for (const [at, one] of hosts.entries()) one.onChange(() => changes.push(`${at}: ${JSON.stringify(one.report())}`));
  const addresses = [1, 2, 3].map(addressOf);
  let next = keys;
  for (let rotation = 0; rotation < 4; rotation++) {
    const late = next;
    next = rotateGossipKeys(next, random, rotation);
    for (const one of hosts) if (one !== c) one.know({ keys: next, addresses });
    await world.clock.run(20_000);
    c.know({ keys: rotation === 3 ? late : next, addresses });
  }
  await world.clock.run(20_000);
  assert.deepEqual(changes, [], "nobody was ever lost");
  next = rotateGossipKeys(next, random, 9);
  for (const one of hosts) if (one !== c) one.know({ keys: next, addresses });
  await world.until("two rotations behind it is lost", () => sees(a, 3) === "dead");
  c.know({ keys: next, addresses });
  await world.until("and back with the keys", () => sees(a, 3) === "alive" && sees(c, 1) === "alive", 40_000);
});

test("a port that is taken is told once, and tried until it is free", async () => {
  await using world = createWorld();
  world.net.taken.add(addressOf(1));
  const warnings: string[] = [];
  const log: Logger = { ...silentLogger, warn: (message) => warnings.push(message) };
  const a = world.start(1, log);
  a.know({ keys, addresses: [] });
  await world.clock.run(60_000);
  assert.deepEqual(warnings, ["this host does not gossip, since its port is taken: still trying"]);
  assert.equal(a.report(), null);
  world.net.taken.clear();
  await world.until("it gossips", () => a.report() !== null, 20_000);
});

test("another role is told to the others", async () => {
  await using world = createWorld();
  const heard: unknown[] = [];
  const [a, b] = [world.startKnowing(1), world.start(2, { ...silentLogger, info: (_, about) => heard.push(about) })];
  b.know({ keys, addresses: [addressOf(1)] });
  await world.until("they know each other", () => sees(a, 2) === "alive" && sees(b, 1) === "alive");
  a.changeRole("MANAGER");
  await world.clock.run(1_000);
  assert.deepEqual(heard.at(-1), { change: "updated", nodeId: "n1", address: addressOf(1) });
});

test("a ping of its own shows what the others' help hides: that UDP is blocked between two hosts", async () => {
  await using world = createWorld();
  const [a, b, c] = [1, 2, 3].map((host) => world.startKnowing(host)) as [Membership, Membership, Membership];
  await world.until("they know each other", () =>
    [a, b, c].every((each) => [1, 2, 3].every((host) => sees(each, host))),
  );
  world.net.withoutPackets.add(`${addressOf(1)} ${addressOf(2)}`);
  await world.clock.run(10_000);
  assert.equal(sees(a, 2), "alive", "the third host and TCP help");
  const ask = async (from: Membership, host: number): Promise<boolean | null> => {
    let answer: boolean | null | undefined;
    void from.ping(`n${host}`, addressOf(host)).then((said) => {
      answer = said;
    });
    await world.until("the ping is over", () => answer !== undefined);
    return answer ?? null;
  };
  assert.equal(await ask(a, 2), false, "its pings do not arrive");
  assert.equal(await ask(b, 1), false, "these do, but not the answers");
  assert.equal(await ask(a, 3), true);
  assert.equal(await ask(world.start(4), 1), null, "a host without keys does not gossip");
});

test("the metadata always fits, and names what was promised", () => {
  const meta = toMeta({ role: "MANAGER", dataPathAddress: "10.77.0.1", version: "v".repeat(9_000) });
  assert.ok(meta.length <= META_BYTES_MAX);
  const text = Buffer.from(meta).toString("latin1");
  for (const part of ["role", "manager", "address", "10.77.0.1", "version"]) assert.ok(text.includes(part), part);
});

test("the keyring sends with the middle key and reads with all; without whole keys there is none", () => {
  const facts = { keys, addresses: [] };
  assert.deepEqual(toKeyring(facts).primary, keys.keys[1]);
  assert.deepEqual(toKeyring(facts).keys, [keys.keys[1], keys.keys[2], keys.keys[0]]);
  assert.equal(toKeyring(null).primary, null);
  assert.equal(toKeyring({ ...facts, keys: { ...keys, keys: [] } }).primary, null);
});

test("seeds are the others' addresses; what is none is left out", () => {
  const seeds = toSeeds({ keys, addresses: ["10.77.0.1", "10.77.0.2", "host3", "fd00::1", ""] }, "10.77.0.1");
  assert.deepEqual(
    seeds.map(({ address, port }) => `${address} ${port}`),
    ["10.77.0.2 7946", "fd00::1 7946"],
  );
});
