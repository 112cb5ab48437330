import { isDeepStrictEqual } from "node:util";
import { backoffMs } from "../../shared/backoff.ts";
import { Bell } from "../../shared/bell.ts";
import { messageOf } from "../../shared/errors.ts";
import { GOSSIP_PORT, PROBE_TIMEOUT_MS, type Prober } from "../../shared/host-probe/prober.ts";
import type { Logger } from "../../shared/log.ts";
import { areWhole } from "../../shared/pki/gossip-keys.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import { Scope } from "../../shared/scope.ts";
import type { MemberChange } from "../gossip/core/effects.ts";
import type { MemberView } from "../gossip/core/member.ts";
import { swarmProfile } from "../gossip/core/profiles.ts";
import { Gossip } from "../gossip/gossip.ts";
import type { OpenTransport } from "../gossip/gossip-transport.ts";
import type { GoneHost, GossipFacts, HostMembership } from "../ports/host-membership.ts";
import { type HostMeta, toKeyring, toMeta, toSeeds } from "./gossip-facts.ts";
import { type HostSight, HostSights, type Look } from "./host-sights.ts";

/** Between tries to listen, when another program has the port. */
export const LISTEN_RETRY = { baseMs: 1_000, maxMs: 15_000 } as const;
/** How often to check whether a host that gossip has lost should be tried again. */
export const LOOK_TICK_MS = 25;
/** Concurrent connection attempts: after the loss of a large network all hosts are tried. */
export const LOOKS_AT_ONCE_MAX = 64;
/** Pings of one host on request, and how long each waits: a loaded host may take a while. */
export const PINGS_MAX = 4;
export const PING_MS = 750;
/** A random number has this many steps. */
const CHANCE_STEPS = 1_000;

export interface MembershipOptions {
  readonly nodeId: string;
  /** IP address to listen on. */
  readonly listenAddress: string;
  /** IP address others reach this host at. */
  readonly advertiseAddress: string;
  readonly meta: HostMeta;
}

export interface MembershipDeps {
  readonly open: OpenTransport;
  readonly prober: Prober;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/**
 * This host's membership: gossips once it has keys, tries to connect to hosts that gossip loses, and reports which are
 * gone.
 *
 *     keys, addresses --> Gossip --who joins, is suspected, dies, leaves--> HostSights --> gone (traffic), report
 *                                            TCP looks at the lost ----------^
 */
export class Membership implements HostMembership, AsyncDisposable {
  readonly #options: MembershipOptions;
  readonly #deps: MembershipDeps;
  readonly #scope: Scope;
  readonly #sights = new HostSights();
  readonly #listeners = new Set<() => void>();
  readonly #factsBell = new Bell();
  readonly #lookBell = new Bell();
  #facts: GossipFacts | null = null;
  #meta: HostMeta;
  #gossip: Gossip | null = null;
  #looking = 0;
  #gone: ReadonlySet<string> = new Set();
  #report: readonly GoneHost[] | null = null;

  constructor(options: MembershipOptions, deps: MembershipDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#meta = options.meta;
    this.#scope = new Scope(deps.log);
    this.#scope.spawn("gossip", (signal) => this.#gossipForever(signal));
    this.#scope.spawn("gossip: looks", (signal) => this.#lookForever(signal));
  }

  /** Resolves when it has ended, by itself only because of a bug: then `failure` is set. */
  get ended(): Promise<void> {
    return this.#scope.ended;
  }

  get failure(): unknown {
    return this.#scope.failure;
  }

  know(facts: GossipFacts): void {
    if (!areWhole(facts.keys)) return;
    const before = this.#facts;
    this.#facts = facts;
    if (before !== null && before.keys.generation !== facts.keys.generation) {
      this.#deps.log.info("gossip keys changed", { generation: facts.keys.generation });
    }
    this.#factsBell.ring();
  }

  /** Tells the others that the role has changed. */
  changeRole(role: HostMeta["role"]): void {
    if (role === this.#meta.role) return;
    this.#meta = { ...this.#meta, role };
    this.#gossip?.changeMeta(toMeta(this.#meta));
  }

  gone(): ReadonlySet<string> {
    return this.#gone;
  }

  report(): readonly GoneHost[] | null {
    return this.#report;
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** What is known about a host; null when this one does not gossip, or has never met it. */
  sight(nodeId: string): HostSight | null {
    if (this.#gossip === null) return null;
    if (nodeId === this.#options.nodeId) return { state: "alive", forMs: 0, isUnanswered: false };
    return this.#sights.sight(nodeId, this.#deps.clock.now());
  }

  /**
   * Whether the host itself answers gossip by UDP, without help of others; several pings, since one may be lost. null =
   * this host does not gossip.
   */
  async ping(nodeId: string, address: string): Promise<boolean | null> {
    if (this.#gossip === null) return null;
    for (let attempt = 0; attempt < PINGS_MAX; attempt++) {
      if (await this.#gossip?.ping({ address, port: GOSSIP_PORT }, nodeId, PING_MS)) return true;
    }
    return false;
  }

  /** Tells the others that this host leaves, and ends. */
  async leave(): Promise<void> {
    await this.#gossip?.leave();
    await this[Symbol.asyncDispose]();
  }

  /** Falls silent without announcing it: the daemon stops, the host and its containers stay. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scope.end();
    const gossip = this.#gossip;
    this.#gossip = null;
    await gossip?.[Symbol.asyncDispose]();
  }

  async #gossipForever(signal: AbortSignal): Promise<void> {
    while (this.#facts === null) await this.#factsBell.next(signal);
    const gossip = await this.#start(signal);
    this.#gossip = gossip;
    this.#publish();
    for (;;) {
      // Addresses in the first facts are contacted at once, later ones when gossip chooses to.
      gossip.setSeeds(toSeeds(this.#facts, this.#options.advertiseAddress));
      await this.#factsBell.next(signal);
    }
  }

  async #start(signal: AbortSignal): Promise<Gossip> {
    const { clock, random, log } = this.#deps;
    for (let failures = 0; ; failures++) {
      signal.throwIfAborted();
      try {
        const gossip = await this.#listen();
        log.info("gossiping", { address: this.#options.listenAddress, port: GOSSIP_PORT, failures });
        const seeds = this.#facts === null ? [] : toSeeds(this.#facts, this.#options.advertiseAddress);
        // It does not matter which of them answer: those that do not are tried again for ever.
        void gossip.join(seeds);
        return gossip;
      } catch (error) {
        const why = { error: messageOf(error) };
        if (failures === 0) log.warn("this host does not gossip, since its port is taken: still trying", why);
        else log.debug("this host still does not gossip", why);
        await sleep(clock, backoffMs(failures, LISTEN_RETRY, random), "gossip: listen again", signal);
      }
    }
  }

  #listen(): Promise<Gossip> {
    const { nodeId, listenAddress, advertiseAddress } = this.#options;
    return Gossip.start(
      {
        name: nodeId,
        listen: { address: listenAddress, port: GOSSIP_PORT },
        advertise: advertiseAddress,
        meta: toMeta(this.#meta),
        profile: swarmProfile,
        label: "",
        // Exchanges shrink to a third; packets are too small to gain, and are left alone.
        compress: true,
        acceptPlain: false,
      },
      {
        open: this.#deps.open,
        keyring: () => toKeyring(this.#facts),
        clock: this.#deps.clock,
        random: this.#deps.random.fork("gossip"),
        log: this.#deps.log,
        onMember: (change, member) => this.#onMember(change, member),
      },
    );
  }

  #onMember(change: MemberChange, { name, endpoint }: MemberView): void {
    const { clock, random, log } = this.#deps;
    // On a busy host, suspicions come and go.
    const level = change === "suspected" || change === "trusted" ? "debug" : "info";
    log[level]("gossip", { change, nodeId: name, address: endpoint.address });
    const chance = random.below(CHANCE_STEPS) / CHANCE_STEPS;
    this.#sights.onMember(change, name, endpoint.address, clock.now(), chance);
    this.#lookBell.ring();
    this.#publish();
  }

  async #lookForever(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    for (;;) {
      while (!this.#sights.hasLooks) await this.#lookBell.next(signal);
      if (this.#looking < LOOKS_AT_ONCE_MAX) {
        for (const look of this.#sights.takeLooks(clock.now())) void this.#look(look);
      }
      await sleep(clock, LOOK_TICK_MS, "gossip: look at the lost", signal);
    }
  }

  async #look({ address, record }: Look): Promise<void> {
    this.#looking++;
    const startMs = this.#deps.clock.now();
    try {
      record.onAnswer(startMs, await this.#deps.prober.probe(address, GOSSIP_PORT, PROBE_TIMEOUT_MS));
      this.#publish();
    } finally {
      this.#looking--;
    }
  }

  /** Tells the listeners if there is a change. */
  #publish(): void {
    if (this.#scope.signal.aborted) return;
    const gone = this.#sights.gone();
    const report = this.#gossip === null ? null : this.#sights.report();
    const isSame = isDeepStrictEqual(gone, this.#gone) && isDeepStrictEqual(report, this.#report);
    if (isSame) return;
    if (!isDeepStrictEqual(gone, this.#gone)) this.#gone = gone;
    if (!isDeepStrictEqual(report, this.#report)) this.#report = report;
    for (const listener of this.#listeners) listener();
  }
}
