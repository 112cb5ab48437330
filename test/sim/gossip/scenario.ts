import { pick, type Random, shuffled } from "../../../shared/ports/random.ts";
import { isGone } from "../../../worker/gossip/core/member.ts";
import { simulationProfile } from "../../../worker/gossip/core/profiles.ts";
import { type Canary, plantProfile } from "./canaries.ts";
import { goodLink, type Host, type Link, World } from "./world.ts";

/** What one run is made of. Each class of faults is off in about a third of the runs. */
export interface GossipOptions {
  readonly seed: number;
  readonly members: number;
  readonly lossPercent: number;
  readonly delayMsMax: number;
  /** Pairs whose packets pass one way only, and members that UDP does not reach. */
  readonly oneWayLinks: number;
  readonly udpBlocked: number;
  /** Members that stand still now and then, for less than a suspicion. */
  readonly slowMembers: number;
  readonly crashes: number;
  readonly leaves: number;
  readonly splits: number;
}

export function drawOptions(seed: number, random: Random): GossipOptions {
  const sometimes = (max: number): number => (random.below(3) === 0 ? 0 : 1 + random.below(max));
  const members = 3 + random.below(10);
  return {
    seed,
    members,
    lossPercent: sometimes(5),
    delayMsMax: 1 + random.below(30),
    oneWayLinks: members >= 5 ? sometimes(2) : 0,
    udpBlocked: sometimes(1),
    slowMembers: sometimes(2),
    crashes: sometimes(2),
    leaves: sometimes(1),
    splits: sometimes(2),
  };
}

const CALM_MS = 15_000;
const CONVERGE_MS_MAX = 40_000;
/** A crash is known by all: a round of probes (slowed by what went before), the longest suspicion, spreading. */
const CRASH_KNOWN_MS_MAX = 14_000;
const QUIET_MS_MAX = 15_000;
/** Shorter than the least suspicion (1.2 s), as a busy process stands still. */
const STOP_MS_MAX = 700;

export class GossipFailure extends Error {
  override readonly name = "GossipFailure";
}

export interface RunResult {
  readonly options: GossipOptions;
  readonly hash: number;
  readonly events: number;
  readonly counts: ReadonlyMap<string, number>;
}

/** One seed: faults under which nobody may be declared dead, then crashes and splits, then everything must be right again. */
export function runGossip(seed: number, canary: Canary = "none", over: Partial<GossipOptions> = {}): RunResult {
  const run = new GossipRun(seed, canary, over);
  try {
    return run.run();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const recent = run.world.noticed
      .slice(-20)
      .map(({ atMs, by, change, name }) => `${atMs} ${by.name}: ${name} ${change}`);
    throw new GossipFailure(`seed=${seed} ${JSON.stringify(run.options)}: ${reason}\n${recent.join("\n")}`);
  }
}

class GossipRun {
  readonly options: GossipOptions;
  readonly world: World;
  readonly #random: Random;
  readonly #own = new Map<string, number>();
  readonly #left = new Set<string>();
  readonly #counts = new Map<string, number>();

  constructor(seed: number, canary: Canary, over: Partial<GossipOptions>) {
    const probe = new World(seed, 0);
    this.#random = probe.random.fork("scenario");
    this.options = { ...drawOptions(seed, this.#random), ...over };
    this.world = new World(seed, this.options.members, plantProfile(canary, simulationProfile), canary);
    this.world.check = (host) => this.#checkIncarnations(host);
  }

  run(): RunResult {
    const { world, options } = this;
    world.joinAll();
    this.#converge("after joining");
    this.#tolerate();
    this.#lossyLink();
    for (let split = 0; split < options.splits; split++) this.#splitAndHeal();
    for (let leave = 0; leave < options.leaves; leave++) this.#leaveOne();
    for (let crash = 0; crash < options.crashes; crash++) this.#crashAndReturn();
    this.#lossyLink();
    world.runUntil("all news is told", () => world.up.every(({ core }) => !core.hasNews), QUIET_MS_MAX);
    for (const { change } of world.noticed) this.#counts.set(change, (this.#counts.get(change) ?? 0) + 1);
    return { options, hash: world.hash, events: world.events, counts: this.#counts };
  }

  /** Loss, one-way links, blocked UDP and short stops: whoever lives stays alive for everybody. */
  #tolerate(): void {
    const { world, options } = this;
    const from = world.noticed.length;
    const blocked = this.#some(options.udpBlocked);
    const oneWay = Array.from({ length: options.oneWayLinks }, () => this.#some(2));
    const link = this.#lossyLink();
    world.link = (a, b) => {
      if (oneWay.some(([x, y]) => x === a && y === b)) return { ...link, isCut: true };
      return { ...link, isUdpBlocked: blocked.includes(a) || blocked.includes(b) };
    };
    // Who hears by TCP alone, and one that stands still when it is asked, are together more than the protocol can bear.
    const slow = blocked.length > 0 ? [] : this.#some(options.slowMembers);
    const endMs = world.nowMs + CALM_MS;
    for (const host of slow) this.#stopNowAndThen(host, endMs);
    world.run(CALM_MS);
    // The two ends of a one-way link may be of another opinion for a moment; nobody follows them.
    const isPair = (a: string, b: string): boolean => oneWay.some(([x, y]) => x?.name === a && y?.name === b);
    const wrong = world.noticed
      .slice(from)
      .find(({ change, by, name }) => change === "died" && !isPair(by.name, name) && !isPair(name, by.name));
    if (wrong !== undefined) throw new Error(`${wrong.by.name} declared ${wrong.name} dead, which lives`);
    world.link = () => link;
    this.#converge("after the calm faults");
  }

  #stopNowAndThen(host: Host, endMs: number): void {
    const { world } = this;
    world.at(1_000 + this.#random.below(3_000), () => {
      if (world.nowMs >= endMs) return;
      world.stop(host, this.#random.below(STOP_MS_MAX));
      this.#stopNowAndThen(host, endMs);
    });
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
    const host = pick(this.#random, world.up);
    world.leave(host);
    world.run(1_500);
    world.crash(host);
    this.#left.add(host.name);
    this.#converge("after one left");
    const wrong = world.up.find(({ core }) => (core.member(host.name)?.state ?? "left") !== "left");
    if (wrong !== undefined) throw new Error(`${wrong.name} does not know that ${host.name} left`);
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

  #some(count: number): readonly Host[] {
    return shuffled(this.#random, this.world.up).slice(0, count);
  }
}
