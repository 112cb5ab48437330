import { pick, type Random, shuffled } from "../../../shared/ports/random.ts";
import { isGone } from "../../../worker/gossip/core/member.ts";
import { type Canary, plantProfile } from "./canaries.ts";
import { drawOptions, type GossipOptions } from "./options.ts";
import { simulationProfile } from "./simulation-profile.ts";
import { goodLink, type Host, type Link, World } from "./world.ts";

const CALM_MS = 15_000;
const CONVERGE_MS_MAX = 40_000;
/** A crash is known by all: a round of probes (slowed by what went before), the longest suspicion, spreading. */
const CRASH_KNOWN_MS_MAX = 14_000;
const QUIET_MS_MAX = 15_000;
/**
 * Shorter than the least suspicion (1.2 s), as a busy process stands still. Longer, and it may be given up: see
 * SLEEP_MS.
 */
const STOP_MS_MAX = 700;
/** A starved process gets the processor for so long, and then not for up to so long. */
const RUNS_MS_MAX = 50;
const STARVES_MS_MAX = 250;
/** Longer than the least suspicion. */
const SLEEP_MS_MIN = 1_500;
const SLEEP_MS_MAX = 6_000;
/** How long a flapping line stays as it is. */
const FLAP_MS_MAX = 3_000;
/**
 * Without any fault, and with what was told before heard by all, nobody may be suspected for so long: hundreds of
 * probes.
 */
const PEACE_MS = 10_000;
/** Probes under way when peace begins, and packets still to be replayed, are of the time before. */
const SETTLE_MS = 31_000;

export class GossipFailure extends Error {
  override readonly name = "GossipFailure";
}

export interface RunResult {
  readonly options: GossipOptions;
  readonly hash: number;
  readonly events: number;
  readonly counts: ReadonlyMap<string, number>;
}

/**
 * One seed: faults under which nobody may be declared dead, then crashes and splits, then everything must be right
 * again.
 */
export function runGossip(seed: number, canary: Canary = "none", over: Partial<GossipOptions> = {}): RunResult {
  const run = new GossipRun(seed, canary, over);
  try {
    return run.run();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const recent = run.world.noticed
      .slice(-20)
      .map(({ atMs, by, change, name }) => `${atMs} ${by.name}: ${name} ${change}`);
    const cast = Object.entries(run.cast).map(([part, hosts]) => `${part}: ${hosts.map(({ name }) => name).join(" ")}`);
    const story = [...cast, ...recent].join("\n");
    throw new GossipFailure(`seed=${seed} ${JSON.stringify(run.options)}: ${reason}\n${story}`);
  }
}

class GossipRun {
  readonly options: GossipOptions;
  readonly world: World;
  readonly #random: Random;
  /** Who plays which part in the present act, for the report of a failure. */
  cast: Readonly<Record<string, readonly Host[]>> = {};
  readonly #own = new Map<string, number>();
  readonly #left = new Set<string>();
  readonly #counts = new Map<string, number>();

  constructor(seed: number, canary: Canary, over: Partial<GossipOptions>) {
    const probe = new World(seed, 0);
    this.#random = probe.random.fork("scenario");
    this.options = { ...drawOptions(seed, this.#random), ...over };
    const { members, exchangeMembersMax, replayPercent } = this.options;
    const profile = plantProfile(canary, { ...simulationProfile, exchangeMembersMax });
    this.world = new World(seed, members, profile, canary);
    this.world.replayPercent = replayPercent;
    this.world.check = (host) => this.#checkIncarnations(host);
  }

  run(): RunResult {
    const { world, options } = this;
    world.joinAll();
    this.#converge("after joining");
    this.#tolerate();
    this.#blameOnlyTheGuilty();
    this.#lossyLink();
    for (let split = 0; split < options.splits; split++) this.#splitAndHeal();
    for (let leave = 0; leave < options.leaves; leave++) this.#leaveOne();
    for (let crash = 0; crash < options.crashes; crash++) this.#crashAndReturn();
    this.#lossyLink();
    world.runUntil("all news is told", () => world.up.every(({ core }) => !core.hasNews), QUIET_MS_MAX);
    this.#peace();
    for (const { change } of world.noticed) this.#counts.set(change, (this.#counts.get(change) ?? 0) + 1);
    return { options, hash: world.hash, events: world.events, counts: this.#counts };
  }

  /** Loss, one-way links, blocked UDP and short stops: whoever lives stays alive for everybody. */
  #tolerate(): void {
    const { world, options } = this;
    const from = world.noticed.length;
    const blocked = this.#some(options.udpBlocked);
    // Over a one-way link only UDP by way of others works: with a second fault beside it a member may really be out of
    // reach.
    const paired = this.#some(2 * options.oneWayLinks, blocked);
    const oneWay = paired.flatMap((host, at) => (at % 2 === 0 ? [[host, paired[at + 1]] as const] : []));
    const link = this.#lossyLink();
    world.link = (a, b) => {
      if (oneWay.some(([x, y]) => x === a && y === b)) return { ...link, isCut: true };
      return { ...link, isUdpBlocked: blocked.includes(a) || blocked.includes(b) };
    };
    // Who hears by TCP alone, and one that stands still when it is asked, are together more than the protocol can bear.
    const slow = blocked.length > 0 ? [] : this.#some(options.slowMembers);
    const endMs = world.nowMs + CALM_MS;
    for (const host of slow) this.#stopNowAndThen(host, endMs, 0, STOP_MS_MAX);
    const starved = blocked.length > 0 ? [] : this.#some(options.starvedMembers, slow);
    for (const host of starved) this.#starve(host, endMs);
    this.cast = { blocked, slow, starved, oneWay: paired };
    world.run(CALM_MS);
    this.#expectNoDeaths(from, []);
    world.link = () => link;
    this.#converge("after the calm faults");
  }

  /**
   * Who sleeps long or flaps may be given up, again and again; nobody else, least of all by those two. Then all is well
   * again.
   */
  #blameOnlyTheGuilty(): void {
    const { world, options } = this;
    const guilty = this.#some(options.sleepers + options.flappers);
    this.cast = { guilty };
    if (guilty.length === 0) return;
    const from = world.noticed.length;
    const endMs = world.nowMs + CALM_MS;
    const flappers = guilty.slice(options.sleepers);
    const link = this.#lossyLink();
    const cut = new Set<Host>();
    world.link = (a, b) => ({ ...link, isCut: cut.has(a) || cut.has(b) });
    for (const host of guilty.slice(0, options.sleepers)) this.#stopNowAndThen(host, endMs, SLEEP_MS_MIN, SLEEP_MS_MAX);
    for (const host of flappers) this.#flap(host, cut, endMs);
    world.run(CALM_MS);
    world.link = () => link;
    this.#converge("after sleep and flapping");
    // A cut-off member sees all others dead, and rightly so.
    this.#expectNoDeaths(from, guilty, flappers);
  }

  #flap(host: Host, cut: Set<Host>, endMs: number): void {
    const { world } = this;
    if (world.nowMs >= endMs) return;
    if (!cut.delete(host)) cut.add(host);
    world.at(50 + this.#random.below(FLAP_MS_MAX), () => this.#flap(host, cut, endMs));
  }

  #expectNoDeaths(from: number, excused: readonly Host[], blind: readonly Host[] = []): void {
    const wrong = this.world.noticed
      .slice(from)
      .find(
        ({ change, by, name }) => change === "died" && !blind.includes(by) && excused.every((e) => e.name !== name),
      );
    if (wrong === undefined) return;
    this.world.noticed.length = this.world.noticed.indexOf(wrong) + 1;
    throw new Error(`${wrong.by.name} declared ${wrong.name} dead, which lives`);
  }

  /** With perfect links and nobody slow, every probe must succeed. */
  #peace(): void {
    const { world } = this;
    world.link = () => goodLink;
    world.replayPercent = 0;
    world.run(SETTLE_MS);
    const from = world.noticed.length;
    world.run(PEACE_MS);
    // An old packet may have brought back, for a while, one that is gone.
    const isUp = (name: string): boolean => world.up.some((host) => host.name === name);
    const wrong = world.noticed
      .slice(from)
      .find(({ change, name }) => (change === "suspected" || change === "died") && isUp(name));
    if (wrong !== undefined) throw new Error(`${wrong.by.name} found ${wrong.name} ${wrong.change} in peace`);
    const ill = world.up.find(({ core }) => core.awareness > 0);
    if (ill !== undefined) throw new Error(`${ill.name} believes to be ill in peace`);
  }

  #stopNowAndThen(host: Host, endMs: number, minMs: number, maxMs: number): void {
    const { world } = this;
    world.at(1_000 + this.#random.below(3_000), () => {
      if (world.nowMs >= endMs) return;
      world.stop(host, minMs + this.#random.below(maxMs - minMs));
      this.#stopNowAndThen(host, endMs, minMs, maxMs);
    });
  }

  #starve(host: Host, endMs: number): void {
    const { world } = this;
    if (world.nowMs >= endMs) return;
    const starvesMs = this.#random.below(STARVES_MS_MAX);
    world.stop(host, starvesMs);
    world.at(starvesMs + this.#random.below(RUNS_MS_MAX), () => this.#starve(host, endMs));
  }

  #splitAndHeal(): void {
    const { world } = this;
    if (world.up.length < 2) return;
    const half = new Set(shuffled(this.#random, world.up).slice(0, 1 + this.#random.below(world.up.length - 1)));
    const link = this.#lossyLink();
    world.link = (a, b) => ({ ...link, isCut: half.has(a) !== half.has(b) });
    // Often longer than the dead are remembered as members.
    world.run(2_000 + this.#random.below(20_000));
    world.link = () => link;
    this.#converge("after a split");
  }

  #leaveOne(): void {
    const { world } = this;
    if (world.up.length < 3) return;
    const awake = world.up.filter(({ stoppedUntilMs }) => stoppedUntilMs <= world.nowMs);
    if (awake.length === 0) return;
    const host = pick(this.#random, awake);
    world.leave(host);
    world.run(1_500);
    world.crash(host);
    this.#left.add(host.name);
    this.#converge("after one left");
    // One or two may have missed the good-bye, and then found it dead, until their next exchange.
    const wrong = world.up.filter(({ core }) => (core.member(host.name)?.state ?? "left") !== "left");
    if (wrong.length * 3 > world.up.length) throw new Error(`${wrong.length} do not know that ${host.name} left`);
  }

  #crashAndReturn(): void {
    const { world } = this;
    if (world.up.length < 3) return;
    const host = pick(this.#random, world.up);
    const others = world.up.filter((other) => other !== host);
    world.crash(host);
    const isKnown = (): boolean => others.every(({ core }) => isGone(core.member(host.name) ?? { state: "dead" }));
    const tookMs = world.runUntil(`all know that ${host.name} is dead`, isKnown, CRASH_KNOWN_MS_MAX);
    this.#counts.set("detectionMs", (this.#counts.get("detectionMs") ?? 0) + tookMs);
    world.run(this.#random.below(10_000));
    world.restart(host, pick(this.#random, others));
    this.#converge("after a restart");
  }

  /** Each living member sees exactly the living ones, in their newest incarnation. */
  #converge(when: string): void {
    this.world.runUntil(`all see all ${when}`, () => this.#isConverged(), CONVERGE_MS_MAX);
  }

  #isConverged(): boolean {
    const { up } = this.world;
    return up.every(({ core }) => {
      if (core.present !== up.length) return false;
      return up.every((other) => {
        const seen = core.member(other.name);
        return seen?.state === "alive" && seen.incarnation === other.core.self.incarnation;
      });
    });
  }

  /** Only a member raises its own incarnation, and it never falls in one life. */
  #checkIncarnations(host: Host): void {
    const { core, name, life } = host;
    const key = `${name}/${life}`;
    const own = core.self.incarnation;
    if (own < (this.#own.get(key) ?? 0)) throw new Error(`${name} lowered its incarnation`);
    this.#own.set(key, own);
    this.#own.set(name, Math.max(own, this.#own.get(name) ?? 0));
    for (const member of core.members()) {
      if (member.incarnation > (this.#own.get(member.name) ?? 1)) {
        throw new Error(`${name} believes in incarnation ${member.incarnation} of ${member.name}, which never had it`);
      }
    }
  }

  #lossyLink(): Link {
    const { lossPercent, delayMsMax } = this.options;
    const link = { ...goodLink, lossPercent, delayMsMax };
    this.world.link = () => link;
    return link;
  }

  #some(count: number, but: readonly Host[] = []): readonly Host[] {
    const hosts = this.world.up.filter((host) => !but.includes(host));
    return shuffled(this.#random, hosts).slice(0, count);
  }
}
