import { DATA_KEY_FILE } from "../../../raft/storage/data-keys.ts";
import { BASE_KEY, HARD_STATE_KEY, META_KEY, SNAPSHOT_KEY } from "../../../raft/storage/keys.ts";
import { WITNESS_FILE } from "../../../raft/storage/witness.ts";
import { pick, type Random } from "../../../shared/ports/random.ts";
import type { FullWorld } from "./full-world.ts";
import type { Expectation, SimHost } from "./sim-host.ts";

/** With fewer voters the loss of one is the loss of the group. */
const VOTERS_MIN = 3;
/** A lie is told for so long at least: the witness is written once a second. */
const LIE_MS = 3_000;

/**
 * Whether one more member's promises may be lost: never two at a time, and never while the group may be getting
 * smaller. More would be a loss that no one promises to survive, and the checkers would be right to complain.
 */
function mayLose(world: FullWorld, victim: SimHost): boolean {
  const { hosts, operators, options } = world;
  if (operators.isRemoving || world.isHealed || victim.isGone || victim.raftId === null) return false;
  // Who has forgotten everything cannot tell the others where they are.
  if (!world.areMembersSettled || !operators.mayMove(victim)) return false;
  for (const host of hosts.values()) if (host.hasLostPromises || host.isRefused) return false;
  const nodes = [...hosts.values()].flatMap(({ life }) => life?.node ?? []);
  const newest = nodes.find((node) => node.status().applied + 1 >= world.checkers.appliedCount);
  // The others must know of each other without the victim: who has just started, or is down, may believe in a smaller
  // group.
  const others = newest?.confState.voters.filter((id) => id !== victim.raftId) ?? [];
  const voters = String(newest?.confState.voters);
  const doOthersKnow = others.every((id) =>
    nodes.some((node) => node.raftId === id && String(node.confState.voters) === voters),
  );
  // A removal whose outcome nobody knows may still come to be.
  const needed = options.membershipEveryMs > 0 ? VOTERS_MIN + 1 : VOTERS_MIN;
  return doOthersKnow && others.length + 1 >= needed;
}

/** Destroys something on a disk, and notes what the node must say to it. */
export function damageSomething(world: FullWorld, random: Random): void {
  const victim = pick(random, [...world.hosts.values()]);
  if (!victim.disk.exists || !mayLose(world, victim)) return;
  if (random.below(4) === 0) {
    beginToLie(world, victim);
    return;
  }
  world.crash(victim, "powerLoss");
  // A lie was told at the same time, or it never got as far as to have a log.
  if (!victim.disk.current.has(META_KEY) || victim.expectation.kind !== "start" || !victim.promises.hasItsKey) return;
  const expectation = damage(victim, random);
  if (expectation === null) return;
  const why = expectation.kind === "refuse" ? expectation.why : "nothing was destroyed that it needs";
  world.trace.note(`damage ${victim.nodeId}: ${why}`);
  victim.expectation = expectation;
  victim.hasLostPromises = expectation.kind !== "start";
}

function beginToLie(world: FullWorld, victim: SimHost): void {
  const { life } = victim;
  if (life?.node == null || victim.disk.lies) return;
  victim.disk.beginToLie();
  victim.hasLostPromises = true;
  world.trace.note(`lies ${victim.nodeId}`);
  world.schedule(LIE_MS, () => {
    if (victim.life === life) world.crash(victim, "powerLoss");
  });
}

/** null: there was nothing to destroy. */
function damage(host: SimHost, random: Random): Expectation | null {
  switch (random.below(8)) {
    case 0:
      host.keys.files.delete(WITNESS_FILE);
      return { kind: "start" };
    case 1:
      host.keys.files.delete(DATA_KEY_FILE);
      return refuse("its key is gone", "wrongKey");
    case 2: {
      host.disk.fileDamage = pick(random, ["journalMiddle", "manifestLost", "currentLost"] as const);
      return refuse(`of its files ${host.disk.fileDamage}`, "corrupt");
    }
    case 3:
      host.disk.wipe();
      return { kind: "either" };
    default:
      return flipBit(host, random);
  }
}

function flipBit(host: SimHost, random: Random): Expectation | null {
  const { disk } = host;
  const keys = disk.keys();
  // Entries are many; the few others would hardly ever be drawn.
  const group = pick(random, [META_KEY, HARD_STATE_KEY, SNAPSHOT_KEY, BASE_KEY, "chunk/", "entry/", "entry/"]);
  const key = pick(
    random,
    keys.some((name) => name.startsWith(group)) ? keys.filter((name) => name.startsWith(group)) : keys,
  );
  const bytes = disk.current.get(key)?.length ?? 0;
  const bit = random.below(8 * bytes);
  const expectation = expectAfterFlip(host, key, bit);
  if (expectation !== null) disk.flip(key, bit);
  return expectation;
}

function expectAfterFlip(host: SimHost, key: string, bit: number): Expectation | null {
  const { commit, base, snapshot } = host.promises.stored;
  const keys = host.disk.keys().filter((name) => name.startsWith("entry/"));
  const why = `bit ${bit} of ${key} is not what it was`;
  if (key === META_KEY && bit < 8) return refuse(why, "foreign", "corrupt");
  if (key === META_KEY && bit < 40) return refuse(why, "wrongKey", "corrupt");
  const [kind, number = ""] = key.split("/");
  const index = Number.parseInt(number, 16);
  if (kind === "chunk") return index === snapshot ? refuse(why, "corrupt") : { kind: "start" };
  if (kind !== "entry") return refuse(why, "corrupt");
  const last = host.promises.entriesOf(key).at(-1)?.index ?? 0;
  // Wholly compacted: it may be looked at, but nothing of it is needed.
  if (last <= base) return { kind: "either" };
  const isTail = key === keys.at(-1);
  if (Math.max(index, base + 1) <= commit || !isTail) return refuse(why, "corrupt");
  // The last record: whoever was told that it is written would miss it, and nothing here can tell that it was.
  return null;
}

function refuse(why: string, ...faults: string[]): Expectation {
  return { kind: "refuse", faults, why };
}
