import assert from "node:assert/strict";
import { test } from "node:test";
import { Crowd, type CrowdLimits } from "../../../shared/crowd.ts";
import type { InstantMs } from "../../../shared/ports/clock.ts";

const LOOSE = { burst: 1_000, perSecond: 1_000 };
const LIMITS: CrowdLimits = {
  strangersMax: 4,
  perAddressMax: 2,
  perMemberAddressMax: 3,
  strangers: LOOSE,
  perAddress: LOOSE,
  perMemberAddress: { burst: 1_001, perSecond: 1_000 },
};

function crowdOf(limits: Partial<CrowdLimits> = {}, members: readonly string[] = []) {
  const clock = { nowMs: 0 };
  const evicted: string[] = [];
  const crowd = new Crowd<string>(
    { ...LIMITS, ...limits },
    {
      now: () => clock.nowMs as InstantMs,
      isMember: (address) => members.includes(address),
      evict: (seat) => evicted.push(seat),
    },
  );
  return { crowd, clock, evicted };
}

test("an address gets no more seats than its own, and one that left makes room", () => {
  const { crowd } = crowdOf();
  assert.deepEqual(
    ["a1", "a2", "a3"].map((seat) => crowd.enter(seat, "10.0.0.1")),
    [true, true, false],
  );
  crowd.leave("a1");
  crowd.leave("a1");
  assert.equal(crowd.enter("a4", "10.0.0.1"), true);
  assert.equal(crowd.enter("a5", "::ffff:10.0.0.1"), false, "a mapped address is the same address");
});

test("where all seats are taken the newcomer gets the oldest one of whoever has most", () => {
  const { crowd, evicted } = crowdOf();
  for (const [seat, address] of [
    ["b1", "10.0.0.2"],
    ["a1", "10.0.0.1"],
    ["a2", "10.0.0.1"],
    ["c1", "10.0.0.3"],
    ["d1", "10.0.0.4"],
    ["e1", "10.0.0.5"],
  ] as const) {
    assert.equal(crowd.enter(seat, address), true);
  }
  assert.deepEqual(evicted, ["a1", "b1"]);
});

test("members' addresses have seats of their own that strangers neither take nor fill", () => {
  const { crowd, evicted } = crowdOf({}, ["10.0.0.9"]);
  for (let host = 1; host <= 4; host++) assert.equal(crowd.enter(`s${host}`, `10.0.1.${host}`), true);
  assert.deepEqual(
    ["m1", "m2", "m3", "m4"].map((seat) => crowd.enter(seat, "10.0.0.9")),
    [true, true, true, false],
  );
  assert.deepEqual(evicted, []);
});

test("a proven peer is not counted, and its address comes first for a while", () => {
  const { crowd, clock } = crowdOf({ perAddressMax: 1 });
  for (let peer = 0; peer < 10; peer++) {
    assert.equal(crowd.enter(`p${peer}`, "10.0.0.1"), true);
    crowd.prove(`p${peer}`);
  }
  const three = (name: string): boolean[] => [1, 2, 3].map((index) => crowd.enter(`${name}${index}`, "10.0.0.1"));
  assert.deepEqual(three("x"), [true, true, true]);
  for (const seat of ["x1", "x2", "x3"]) crowd.leave(seat);
  clock.nowMs = 10 * 60_000;
  assert.deepEqual(three("y"), [true, false, false]);
});

test("arrivals beyond the rate are refused, of one address and of all strangers, and time gives them back", () => {
  const slow = crowdOf({ perAddress: { burst: 2, perSecond: 1 } });
  const come = (): boolean => {
    const entered = slow.crowd.enter("a", "10.0.0.1");
    slow.crowd.leave("a");
    return entered;
  };
  assert.deepEqual([come(), come(), come()], [true, true, false]);
  assert.equal(slow.crowd.enter("b", "10.0.0.2"), true);
  slow.clock.nowMs = 1_000;
  assert.deepEqual([come(), come()], [true, false]);

  const all = crowdOf({ strangers: { burst: 2, perSecond: 1 } }, ["10.0.0.9"]);
  assert.deepEqual(
    [1, 2, 3].map((host) => all.crowd.enter(`s${host}`, `10.0.1.${host}`)),
    [true, true, false],
  );
  assert.equal(all.crowd.enter("m", "10.0.0.9"), true);
});

test("all of an IPv6 /64 is one address", () => {
  const { crowd } = crowdOf();
  assert.equal(crowd.enter("a", "2001:db8:1:2::1"), true);
  assert.equal(crowd.enter("b", "2001:db8:1:2:ffff::2"), true);
  assert.equal(crowd.enter("c", "2001:db8:1:2:3:4:5:6"), false);
  assert.equal(crowd.enter("d", "2001:db8:1:3::1"), true);
  assert.equal(crowd.enter("e", "fe80::1%eth0"), true);
});

test("what is remembered of addresses is bounded", () => {
  const { crowd } = crowdOf({ strangers: { burst: 1e6, perSecond: 1 } });
  for (let host = 0; host < 10_000; host++) {
    assert.equal(crowd.enter(`s${host}`, `10.0.${host >> 8}.${host & 255}`), true);
    crowd.prove(`s${host}`);
  }
  assert.equal(crowd.addresses, 2 * 4_096);
});
