import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import { Violation } from "../raft/checkers.ts";
import { TraceHash } from "../raft/trace-hash.ts";
import type { FullCanary } from "./canaries.ts";
import { outsidePromises } from "./drain.ts";
import { startFaults } from "./faults.ts";
import { FullWorld } from "./full-world.ts";
import { describeFullOptions, drawFullOptions, type FullOptions } from "./options.ts";
import type { SimHost } from "./sim-host.ts";

export interface FullResult {
  readonly seed: number;
  /** What the seed drew, in one line. */
  readonly options: string;
  readonly hash: string;
  /** Things that took place one by one. */
  readonly steps: number;
  readonly simulatedMs: number;
  readonly counts: ReadonlyMap<string, number>;
}

export interface FullSettings {
  readonly canary?: FullCanary;
  readonly keepLines?: boolean;
}

/** In calm, a group of up to seven forms within this time. */
const FORMING_MS_MAX = 60_000;
/** Handing over takes a second at most, and then a write or two. */
const STOPPING_MS_MAX = 10_000;
/** How often it is looked whether all is well. */
const LOOK_MS = 200;

/** A run that went wrong, with everything needed to see it again. */
export class FullFailure extends Error {
  override readonly name = "SimFailure";
  readonly seed: number;

  constructor(options: FullOptions, trace: TraceHash, cause: unknown) {
    const why = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    const { seed, canary } = options;
    const lines = [
      `seed ${seed}: ${why}`,
      `run it again: scripts/sim raft-full --seed ${seed}${canary === "none" ? "" : ` --canary ${canary}`}`,
      `options: ${describeFullOptions(options)}`,
      ...trace.recent.slice(-80),
    ];
    super(lines.join("\n"), { cause });
    this.seed = seed;
  }
}

/**
 * One run of real nodes in a simulated world: the group forms; then anything may go wrong and nothing may ever be
 * false; then all is well and everything must come to be right. Rejects with SimFailure.
 */
export function runFullSimulation(seed: number, settings: FullSettings = {}): Promise<FullResult> {
  return outsidePromises(() => run(seed, settings));
}

function run(seed: number, settings: FullSettings): FullResult {
  const random = seededRandom(seed, "raft shell simulation");
  const options = drawFullOptions(seed, random.fork("options"), settings.canary);
  let now = (): number => 0;
  const trace = new TraceHash(() => now(), settings.keepLines ?? false);
  try {
    const world = new FullWorld(options, random.fork("world"), trace);
    now = () => Math.round(world.now * 1_000) / 1_000;
    let steps = form(world);
    world.network.beginFaults();
    const chaosUntil = world.now + options.chaosMs;
    startFaults(world, random.fork("faults"), chaosUntil);
    while (world.runNext(chaosUntil)) steps++;
    world.heal();
    steps += demandProgress(world, world.now + options.healMs);
    steps += stopAll(world);
    world.sightings.finish();
    for (const host of world.hosts.values()) trace.note(`disk ${host.nodeId} ${host.disk.checksum}`);
    trace.count(`history_${world.clients.check()}`);
    return {
      seed,
      options: describeFullOptions(options),
      hash: trace.hash,
      steps,
      simulatedMs: world.now,
      counts: trace.counts,
    };
  } catch (error) {
    // Once more with words: lines cost more than the run itself, so they are only made for runs that fail.
    if (settings.keepLines !== true) run(seed, { ...settings, keepLines: true });
    throw new FullFailure(options, trace, error);
  }
}

/** One founds the group, the others join it. */
function form(world: FullWorld): number {
  const { members } = world.options;
  for (const host of world.hosts.values()) world.start(host);
  const isFormed = (): boolean =>
    [...world.hosts.values()].filter(({ life }) => life?.node?.confState.voters.length === members).length === members;
  return waitFor(world, FORMING_MS_MAX, "the group has formed", isFormed);
}

/** A leader, a commit of its own, and everyone who belongs to the group caught up with it. */
function demandProgress(world: FullWorld, until: number): number {
  const before = world.load.acknowledgements;
  const propose = (): void => {
    if (world.load.acknowledgements > before) return;
    world.load.propose();
    world.schedule(5 * LOOK_MS, propose);
  };
  propose();
  const steps = waitFor(world, until - world.now, "all is well again", () => {
    return world.load.acknowledgements > before && isConverged(world);
  });
  world.trace.count("converged");
  return steps;
}

/**
 * Everyone is asked to stop at once: each gets to its end, though nobody is left to hand over to, and its disk stays
 * whole.
 */
function stopAll(world: FullWorld): number {
  world.operators.goHome();
  for (const host of world.hosts.values()) world.stop(host);
  return waitFor(world, STOPPING_MS_MAX, "all have stopped", () =>
    [...world.hosts.values()].every(({ isUp }) => !isUp),
  );
}

function isConverged(world: FullWorld): boolean {
  const leader = world.operators.leader();
  const node = leader?.life?.node;
  if (leader === null || node == null) return false;
  const { members, applied } = node.status();
  const present = [...world.hosts.values()].filter(({ isGone, isUp }) => isUp || !isGone);
  const isComplete =
    present.length === members.length &&
    members.every(({ nodeId, raftId, address }) => {
      const host = world.hosts.get(nodeId);
      return host?.life?.node?.raftId === raftId && host.address === address;
    });
  if (!isComplete || node.confState.voters.length !== members.length) return false;
  if (present.some(({ life }) => life?.node?.status().applied !== applied)) return false;
  for (const host of present) compare(leader, host);
  if (leader.life !== null) world.load.checkNothingLost(leader.life.machine);
  return true;
}

function compare(a: SimHost, b: SimHost): void {
  if (a.life?.machine.encode() === b.life?.machine.encode()) return;
  throw new Violation(`${a.nodeId} and ${b.nodeId} have applied the same and differ`);
}

/** Returns how many events it took. */
function waitFor(world: FullWorld, ms: number, what: string, isSo: () => boolean): number {
  const until = world.now + ms;
  let steps = 0;
  for (let look = world.now + LOOK_MS; look <= until + LOOK_MS; look += LOOK_MS) {
    while (world.runNext(look)) steps++;
    if (isSo()) return steps;
  }
  throw new Violation(`${ms} ms have passed before ${what}: ${describeHosts(world)}`);
}

function describeHosts(world: FullWorld): string {
  const hosts = [...world.hosts.values()].map((host) => {
    const { nodeId, raftId, life, isGone, isRefused } = host;
    const node = life?.node;
    if (node == null)
      return `${nodeId} ${life === null ? "down" : "starting"}${isGone ? " gone" : ""}${isRefused ? " refused" : ""}`;
    const { role, term, applied, commit, members } = node.status();
    const names = members.map((member) => `${member.raftId}=${member.nodeId}`).join(" ");
    const { voters, learners } = node.confState;
    return `${nodeId} is ${raftId} ${role} term=${term} applied=${applied} commit=${commit} voters=(${voters.join(" ")}) learners=(${learners.join(" ")}) members=(${names})`;
  });
  return hosts.join("; ");
}
