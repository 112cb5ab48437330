import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SwarmError } from "../../../../../shared/errors.ts";
import { silentLogger } from "../../../../../shared/log.ts";
import { seededRandom } from "../../../../../shared/ports/seeded-random.ts";
import type { Guest } from "../../../../../shared/rpc/gen/objects.ts";
import { HOLD_MS_MAX, SwarmPlaces, type WantedPlace } from "../../../../../worker/engine/networks/swarm-places.ts";
import { VirtualClock } from "../../../../support/virtual-clock.ts";

const place = (networkId: string, part: Partial<WantedPlace> = {}): WantedPlace => ({
  ...{ networkId, wished: "", wished6: "", insists: false },
  ...part,
});

/** A host with a leader that gives .2, .3 and so on, unless it `refuses`. */
function world() {
  const clock = new VirtualClock();
  const names = new Map<string, string>();
  const told: (readonly string[])[] = [];
  const leader = { refuses: "", fails: false };
  const places = new SwarmPlaces({
    ...{ clock, random: seededRandom(1), log: silentLogger },
    isInSwarm: () => true,
    namesOf: (id) => [names.get(id) ?? id],
  });
  const open = (): void =>
    places.onSession({
      findNetwork: () => Promise.reject(new SwarmError("notFound", "network x not found")),
      async tellGuests(guests) {
        if (leader.fails) throw new SwarmError("unavailable", "not now");
        told.push(guests.map(({ names: all }) => all.join()));
        return guests.map((guest, at): Guest => {
          const isRefused = leader.refuses === guest.containerId;
          return { ...guest, address: isRefused ? "" : `10.4.0.${at + 2}/24`, err: isRefused ? "it is full" : "" };
        });
      },
    });
  return { clock, places, open, told, names, leader };
}

describe("places of own containers on networks of the swarm", () => {
  it("are had from the leader, who is told of all of them, and of those that go", async () => {
    const { places, open, told } = world();
    open();
    assert.deepEqual(await places.hold("a", [place("n1"), place("n2")]), [
      { networkId: "n1", address: "10.4.0.2/24", address6: "" },
      { networkId: "n2", address: "10.4.0.3/24", address6: "" },
    ]);
    await places.hold("b", [place("n1")]);
    places.release("a");
    await settled();
    assert.deepEqual(told.at(-1), ["b"]);
  });

  it("wait for a leader, and are told to each new one, with the names they have by then", async () => {
    const { places, open, told, names } = world();
    const held = places.hold("a", [place("n1")]);
    open();
    await held;
    names.set("a", "renamed");
    places.refresh();
    await settled();
    places.onSessionOver();
    open();
    await settled();
    assert.deepEqual(told.slice(-2), [["renamed"], ["renamed"]]);
  });

  it("are tried again after a failure, and given up when no leader answers in time", async () => {
    const { clock, places, open, leader, told } = world();
    leader.fails = true;
    open();
    const held = places.hold("a", [place("n1")]);
    await settled();
    leader.fails = false;
    await clock.run(1_000);
    assert.equal((await held).length, 1);
    places.onSessionOver();
    const late = places.hold("b", [place("n1")]);
    late.catch(() => {});
    await clock.run(HOLD_MS_MAX);
    await assert.rejects(late, { message: /no leader of the swarm has answered within 10 s$/ });
    open();
    await settled();
    assert.deepEqual(told.at(-1), ["a"], "who has given up is not told of");
  });

  it("are refused in the leader's words, which holds nobody else up", async () => {
    const { places, open, leader } = world();
    open();
    leader.refuses = "a";
    const [a, b] = await Promise.allSettled([places.hold("a", [place("n1")]), places.hold("b", [place("n1")])]);
    assert.match(String(a.status === "rejected" && a.reason.message), /^it is full$/);
    assert.equal(b.status, "fulfilled");
  });
});

/** All that follows without the clock has happened. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}
