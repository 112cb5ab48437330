import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { swarmProfile } from "../../worker/gossip/core/profiles.ts";
import { waitFor } from "../support/wait.ts";
import { OurMember, readTags, SerfAgent } from "./gossip-host.ts";

const key = new Uint8Array(32).fill(7);
/**
 * More than a round of probes among four brings to each: a ping of each of three others, and its own pings' answers.
 */
const ROUND_PACKETS = 8;

for (const [name, keys] of [
  ["in the clear", {}],
  ["encrypted", { key }],
] as const) {
  describe(`a cluster of two serf agents and two members of ours, ${name}`, () => {
    it("all see all come, fail, leave and return, both ways", async () => {
      await using stack = new AsyncDisposableStack();
      const serf1 = await stack.use(new SerfAgent(1)).start(keys.key);
      const serf2 = await stack.use(new SerfAgent(2)).start(keys.key);
      const ours3 = stack.use(await OurMember.start(3, keys));
      const ours4 = stack.use(await OurMember.start(4, keys));

      assert.equal(await ours3.join(1), 1, "we join theirs");
      await serf2.join(3);
      assert.equal(await ours4.join(2), 1);
      for (const serf of [serf1, serf2]) {
        for (const member of ["serf1", "serf2", "ours3", "ours4"]) {
          await waitFor(`${serf.name} sees ${member}`, async () => (await serf.stateOf(member)) === "alive");
        }
        assert.deepEqual(await serf.tagsOf("ours3"), { role: "swarm" });
      }
      for (const ours of [ours3, ours4]) {
        for (const member of ["serf1", "serf2", "ours3", "ours4"]) {
          await waitFor(`we see ${member}`, () => ours.stateOf(member) === "alive");
        }
        assert.deepEqual(readTags(ours.gossip.member("serf1")?.meta ?? new Uint8Array(0)), { role: "serf" });
      }

      await Promise.all([
        (async () => {
          await ours4[Symbol.asyncDispose]();
          await waitFor("serf sees ours fail", async () => (await serf1.stateOf("ours4")) === "failed");
        })(),
        (async () => {
          serf2.signal("SIGKILL");
          await waitFor("we see serf die", () => ours3.stateOf("serf2") === "dead");
        })(),
      ]);
      assert.equal(await serf1.stateOf("ours3"), "alive");
      assert.equal(ours3.stateOf("serf1"), "alive");

      const back = stack.use(await OurMember.start(4, keys));
      assert.equal(await back.join(1), 1);
      await waitFor("serf sees ours back", async () => (await serf1.stateOf("ours4")) === "alive");
      await back.leave();
      await waitFor("serf sees ours leave", async () => (await serf1.stateOf("ours4")) === "left");
      await serf1.leave();
      await waitFor("we see serf leave", () => ours3.stateOf("serf1") === "left");
      assert.deepEqual([...ours3.gossip.counters.refused], [], "nothing of theirs was refused");
    });

    it("a serf that stands still is suspected and refutes; one of ours that is wrongly keyed is no member", async () => {
      await using stack = new AsyncDisposableStack();
      const serf = await stack.use(new SerfAgent(1)).start(keys.key);
      // Suspects as soon as ours does, and then leaves a busy machine time to tell the serf, and the serf to answer.
      const profile = { ...swarmProfile, suspicionMult: 60 };
      const ours = stack.use(await OurMember.start(3, { ...keys, profile }));
      assert.equal(await ours.join(1), 1);
      serf.signal("SIGSTOP");
      await waitFor("it is suspected", () => ours.changes.includes("serf1 suspected"));
      serf.signal("SIGCONT");
      await waitFor("it is trusted again", () => ours.changes.includes("serf1 trusted"));
      assert.equal(ours.changes.includes("serf1 died"), false);

      const stranger = stack.use(await OurMember.start(5, { key: new Uint8Array(32).fill(9) }));
      assert.equal(await stranger.join(1), 0);
      assert.equal(await stranger.join(3), 0);
      assert.equal(ours.stateOf("ours5"), "unknown");
      assert.ok((ours.gossip.counters.refused.get("wrongKey") ?? 0) > 0, "refused and counted");
    });
  });
}

describe("keys of a running cluster of two serf agents and two members of ours", () => {
  it("are changed by `serf keys` twice over: all answer, nobody is cut off and no packet is refused", async () => {
    await using stack = new AsyncDisposableStack();
    const serfs = [await stack.use(new SerfAgent(1)).start(key), await stack.use(new SerfAgent(2)).start(key)] as const;
    const ours = [stack.use(await OurMember.start(3, { key })), stack.use(await OurMember.start(4, { key }))] as const;
    await serfs[1].join(1);
    for (const member of ours) assert.equal(await member.join(1), 1);
    const names = ["serf1", "serf2", "ours3", "ours4"];
    const allSeeAll = async (): Promise<boolean> => {
      for (const name of names) {
        for (const serf of serfs) if ((await serf.stateOf(name)) !== "alive") return false;
        for (const member of ours) if (member.stateOf(name) !== "alive") return false;
      }
      return true;
    };
    await waitFor("all see all", allSeeAll);

    let old = key;
    for (const fill of [21, 22]) {
      const fresh = new Uint8Array(32).fill(fill);
      const asker = serfs[fill % 2 === 0 ? 0 : 1];
      await asker.keys("install", fresh);
      assert.ok(ours.every(({ keys }) => keys.ring.keys.length === 2));
      await asker.keys("use", fresh);
      assert.ok(ours.every(({ keys }) => Buffer.from(fresh).equals(keys.ring.primary ?? new Uint8Array(0))));
      await asker.keys("remove", old);
      assert.deepEqual(await asker.listKeys(), [`${Buffer.from(fresh).toString("base64")} [4/4]`]);
      old = fresh;
    }
    // Probes and their answers, with nothing but the last key: each member sends at least one packet a second.
    for (const { gossip } of ours) {
      const before = gossip.counters.packetsReceived;
      await waitFor("packets of all others", () => gossip.counters.packetsReceived >= before + ROUND_PACKETS);
    }
    await waitFor("all see all", allSeeAll);
    for (const { changes, gossip } of ours) {
      assert.deepEqual(
        changes.filter((change) => !/ (joined|suspected|trusted)$/.test(change)),
        [],
      );
      assert.deepEqual([...gossip.counters.refused], []);
    }
    const late = stack.use(await OurMember.start(5, { key: old }));
    assert.equal(await late.join(1), 1, "who has the last key gets in");
    const stranger = stack.use(await OurMember.start(6, { key }));
    assert.equal(await stranger.join(1), 0, "who has the first does not");
  });
});

describe("members of ours alone", () => {
  it("one that falls silent is dead for all others, one that leaves has left, and nobody else dies (swarm profile, encrypted)", async () => {
    await using stack = new AsyncDisposableStack();
    const options = { key, profile: swarmProfile };
    const members: OurMember[] = [];
    for (let index = 11; index <= 14; index++) {
      const member = stack.use(await OurMember.start(index, options));
      members.push(member);
      if (index > 11) assert.equal(await member.join(11), 1);
    }
    const [first, second, third, fourth] = members as [OurMember, OurMember, OurMember, OurMember];
    await waitFor("all see all", () => members.every(({ gossip }) => gossip.members().length === 4));
    await fourth[Symbol.asyncDispose]();
    await waitFor("all see it dead", () => [first, second, third].every((ours) => ours.stateOf("ours14") === "dead"));
    await third.gossip.leave();
    await waitFor("the others see it leave", () => [first, second].every((ours) => ours.stateOf("ours13") === "left"));
    assert.deepEqual(
      first.changes.filter((change) => /ours1[123] died/.test(change)),
      [],
    );
  });
});
