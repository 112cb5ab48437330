import { mustHave } from "../../../shared/invariant.ts";
import { type Figure, figure } from "../figure.ts";
import { type Agent, type AgentKind, type Sight, startAgent } from "./agents.ts";
import { BenchNet } from "./bench-net.ts";

/** Serf's own at 25 members, which ours must not exceed. In smaller clusters ours probes more often, and says so. */
const PROMISED_AT = 25;
const SERF_PACKETS_A_SECOND = 2.8;
const SERF_BYTES_A_SECOND = 432;
/** As long as the longest of the intervals: each member exchanges everything once. */
const IDLE_MS = 30_000;
const SETTLE_MS = 5_000;
const UPDATES = 9;
const WAIT_MS_MAX = 60_000;
const POLL_MS = 5;
const NO_PROMISE = Number.POSITIVE_INFINITY;

export interface SideOptions {
  readonly kind: AgentKind;
  readonly members: number;
  readonly kills: number;
}

/** A number of real processes of one kind in a namespace: idle traffic, how news spreads, how deaths are noticed. */
export async function measureSide({ kind, members, kills }: SideOptions): Promise<readonly Figure[]> {
  await using side = new Side(kind, members);
  await side.start();
  await sleep(SETTLE_MS);
  const before = side.net.traffic;
  await sleep(IDLE_MS);
  const { packets, bytes } = side.net.traffic;
  const perSecond = (count: number): number => (count * 1_000) / IDLE_MS / members;
  const updates: number[] = [];
  for (let update = 0; update < UPDATES; update++) updates.push(await side.update(String(update)));
  const deaths: Death[] = [];
  for (let death = 0; death < kills; death++) deaths.push(await side.death());
  const title = `${members} ${kind === "serf" ? "serf agents" : kind === "ours" ? "of ours" : "of ours, lan profile"}`;
  const isPromised = kind === "ours";
  const isTrafficPromised = isPromised && members === PROMISED_AT;
  return [
    figure(`${title}: idle packets a member`, "packets/s", isTrafficPromised ? SERF_PACKETS_A_SECOND : NO_PROMISE, [
      perSecond(packets - before.packets),
    ]),
    figure(`${title}: idle traffic a member (IP)`, "B/s", isTrafficPromised ? SERF_BYTES_A_SECOND : NO_PROMISE, [
      perSecond(bytes - before.bytes),
    ]),
    figure(`${title}: an update reaches all`, "ms", isPromised ? 2_000 : NO_PROMISE, updates),
    figure(
      `${title}: a killed one is dead for the first`,
      "ms",
      isPromised ? 5_000 : NO_PROMISE,
      deaths.map(({ firstMs }) => firstMs),
    ),
    figure(
      `${title}: a killed one is dead for all`,
      "ms",
      isPromised ? 5_500 : NO_PROMISE,
      deaths.map(({ allMs }) => allMs),
    ),
  ];
}

interface Death {
  readonly firstMs: number;
  readonly allMs: number;
}

class Side implements AsyncDisposable {
  readonly net: BenchNet;
  readonly #kind: AgentKind;
  readonly #agents = new Map<number, Agent>();
  readonly #members: number;
  /** When who saw what last: "by sight of" to an instant. */
  readonly #sights = new Map<string, number>();

  constructor(kind: AgentKind, members: number) {
    this.net = new BenchNet(`gossip-bench-${process.pid}`);
    this.#kind = kind;
    this.#members = members;
  }

  async start(): Promise<void> {
    for (let index = 1; index <= this.#members; index++) {
      this.#start(index);
      // If all started at once on few processors, it would take so long that they accuse each other.
      await sleep(100);
    }
    await this.#until("all have met", () => this.#pairs("came").length >= this.#members * (this.#members - 1));
  }

  /** From a change of one's tags to all others having it. */
  async update(value: string): Promise<number> {
    const teller = mustHave(this.#agents.get(1), "the first agent");
    this.#forget("changed");
    const beganMs = performance.now();
    await teller.change(value);
    const others = this.#agents.size - 1;
    await this.#until("all know", () => this.#pairs("changed").length >= others);
    return Math.max(...this.#pairs("changed")) - beganMs;
  }

  /** Kills the last one, and restarts it when all know. */
  async death(): Promise<Death> {
    const index = this.#members;
    const victim = mustHave(this.#agents.get(index), "the last agent");
    this.#forget("died");
    this.#forget("came");
    await sleep(SETTLE_MS * Math.random());
    const beganMs = performance.now();
    await victim.kill();
    const others = this.#members - 1;
    await this.#until("all know", () => this.#pairs("died").length >= others);
    const times = this.#pairs("died").map((atMs) => atMs - beganMs);
    this.#start(index);
    await this.#until("it is back", () => this.#pairs("came").length >= 2 * others);
    return { firstMs: Math.min(...times), allMs: Math.max(...times) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.kill()));
    this.net[Symbol.dispose]();
  }

  #start(index: number): void {
    const agent = startAgent(this.net, this.#kind, index, (by, sight, of) => {
      if (by !== of) this.#sights.set(`${by} ${sight} ${of}`, performance.now());
    });
    this.#agents.set(index, agent);
  }

  #pairs(sight: Sight): readonly number[] {
    return [...this.#sights].filter(([what]) => what.includes(` ${sight} `)).map(([, atMs]) => atMs);
  }

  #forget(sight: Sight): void {
    for (const what of this.#sights.keys()) if (what.includes(` ${sight} `)) this.#sights.delete(what);
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    const endMs = performance.now() + WAIT_MS_MAX;
    while (!holds()) {
      if (performance.now() > endMs) throw new Error(`waited ${WAIT_MS_MAX} ms in vain: ${what}`);
      await sleep(POLL_MS);
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
