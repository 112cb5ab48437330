import { pick, type Random, shuffled } from "../../../shared/ports/random.ts";
import { inRhythm } from "../raft/rhythm.ts";
import { damageSomething } from "./damage.ts";
import type { FullWorld } from "./full-world.ts";
import type { SimHost } from "./sim-host.ts";

const HOSTS_MAX = 9;
const PARTITION_MS_MAX = 6_000;
const PAUSE_MS_MAX = 4_000;
/** A process may come by this many points before it dies at one. */
const POINTS_MAX = 60;

/** Lets clients, people and faults do their work until `until`, each in its own rhythm. */
export function startFaults(world: FullWorld, random: Random, until: number): void {
  const { options, queue } = world;
  const every = inRhythm(queue, random, () => queue.now >= until);
  every("propose", options.proposeEveryMs, () => world.load.propose());
  every("read", options.readEveryMs, () => world.load.read());
  every("crash", options.crashEveryMs, (own) => crash(world, own));
  every("partition", options.partitionEveryMs, (own) => partition(world, own));
  every("break", options.breakEveryMs, (own) => breakStream(world, own));
  every("membership", options.membershipEveryMs, (own) => changeMembership(world, own));
  every("transfer", options.transferEveryMs, (own) => transfer(world, own));
  every("stop", options.cleanStopEveryMs, (own) => stop(world, own));
  every("move", options.moveEveryMs, (own) => move(world, own));
  every("pause", options.pauseEveryMs, (own) => pause(world, own));
  every("rotate", options.rotateEveryMs, (own) => rotate(world, own));
  every("failWrite", options.failWriteEveryMs, (own) => failWrite(world, own));
  every("damage", options.damageEveryMs, (own) => damageSomething(world, own));
}

/** At once, or at one of the next points where it does something that others or its disk could notice. */
function crash(world: FullWorld, random: Random): void {
  const victim = drawHost(world, random);
  if (victim === null) return;
  if (random.below(3) === 0) world.crash(victim);
  else victim.life?.process.armCrash(1 + random.below(POINTS_MAX));
}

function partition(world: FullWorld, random: Random): void {
  const names = shuffled(random, [...world.hosts.keys()]);
  const size = 1 + random.below(Math.max(1, names.length - 1));
  const [some, others] = [names.slice(0, size), names.slice(size)];
  world.trace.note(`partition ${some.join(" ")}`);
  switch (random.below(3)) {
    case 0:
      world.network.cut(some, others);
      break;
    case 1: {
      const leader = world.operators.leader()?.nodeId ?? names[0] ?? "";
      const rest = names.filter((name) => name !== leader);
      if (random.below(2) === 0) world.network.cut([leader], rest);
      else world.network.cut(rest, [leader]);
      break;
    }
    default:
      world.network.cut(some, others);
      world.network.cut(others, some);
  }
  world.schedule(random.below(PARTITION_MS_MAX), () => {
    world.network.heal(false);
    world.trace.note("rejoin");
  });
}

function breakStream(world: FullWorld, random: Random): void {
  const { serving } = world.network;
  if (serving.length < 2) return;
  const [from, to] = shuffled(random, serving);
  if (from === undefined || to === undefined) return;
  world.trace.note(`break ${from.process.nodeId}>${to.process.nodeId}`);
  world.network.breakStream(from, to);
}

function changeMembership(world: FullWorld, random: Random): void {
  const leader = world.operators.leader();
  const confState = leader?.life?.node?.confState;
  if (confState === undefined) return;
  const gone = [...world.hosts.values()].filter(({ isGone, isUp }) => isGone && !isUp);
  switch (random.below(4)) {
    case 0: {
      const comeBack = gone[0];
      if (comeBack === undefined && world.hosts.size >= HOSTS_MAX) return;
      const host = comeBack ?? world.createHost();
      host.isGone = false;
      world.start(host);
      return;
    }
    case 1:
      world.operators.admitGhost();
      return;
    default: {
      const victim = drawHost(world, random);
      const isNeeded =
        confState.voters.length <= world.options.votersMin && confState.voters.some((id) => id === victim?.raftId);
      const isRisky = [...world.hosts.values()].some((host) => host.hasLostPromises || host.isRefused);
      const staysFound = victim === null || world.operators.mayMove(victim);
      if (victim !== null && !isNeeded && !isRisky && staysFound) world.operators.remove(victim);
    }
  }
}

function transfer(world: FullWorld, random: Random): void {
  const leader = world.operators.leader()?.life;
  const to = leader?.node == null ? [] : leader.node.confState.voters;
  if (leader?.node == null || to.length === 0) return;
  const { node, process } = leader;
  const target = pick(random, to);
  process.run(() => {
    node.transferLeadership(target).then(
      () => world.trace.count("transferDone"),
      () => world.trace.count("transferAborted"),
    );
  });
}

function stop(world: FullWorld, random: Random): void {
  const victim = drawHost(world, random);
  if (victim !== null) world.stop(victim);
}

/** It comes back at another address; until the others are told they speak to the old one. */
function move(world: FullWorld, random: Random): void {
  const victim = drawHost(world, random);
  if (victim === null || !world.operators.mayMove(victim)) return;
  world.crash(victim);
  world.operators.onMoved(victim);
  const [place = "", port = ""] = victim.address.split(":");
  victim.address = `${place}:${Number(port) + 1}`;
  world.trace.note(`move ${victim.nodeId} ${victim.address}`);
}

function pause(world: FullWorld, random: Random): void {
  const process = drawHost(world, random)?.life?.process;
  if (process === undefined || process.isPaused) return;
  world.trace.note(`pause ${process.nodeId}`);
  process.pause();
  world.schedule(random.below(PAUSE_MS_MAX), () => process.resume());
}

function rotate(world: FullWorld, random: Random): void {
  const life = drawHost(world, random)?.life;
  if (life?.node == null || life.isRotating) return;
  const { node, process } = life;
  process.run(() => {
    life.isRotating = true;
    node.rotateDataKey().then(
      () => {
        life.isRotating = false;
        if (!process.isDead) world.trace.count("rotationDone");
      },
      () => {
        life.isRotating = false;
        if (!process.isDead) world.trace.count("rotationFailed");
      },
    );
  });
  if (random.below(3) === 0) process.armCrash(1 + random.below(POINTS_MAX));
}

function failWrite(world: FullWorld, random: Random): void {
  const victim = drawHost(world, random);
  if (victim === null) return;
  if (random.below(3) === 0) victim.keyRhythm.failsIn = 1 + random.below(3);
  else victim.diskRhythm.failsIn = 1 + random.below(5);
}

/** Leaders are where it hurts. */
function drawHost(world: FullWorld, random: Random): SimHost | null {
  const leader = world.operators.leader();
  if (leader !== null && random.below(2) === 0) return leader;
  const up = [...world.hosts.values()].filter(({ isUp }) => isUp);
  return up.length === 0 ? null : pick(random, up);
}
