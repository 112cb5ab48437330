import { goodLink, type Host, World } from "../../../test/sim/gossip/world.ts";
import { isGone } from "../../../worker/gossip/core/member.ts";
import { lanProfile, type Profile, swarmProfile } from "../../../worker/gossip/core/profiles.ts";
import { type Figure, figure } from "../figure.ts";

/** Crashes measured in one world, one after another; the largest takes half a minute of work for each. */
const RUNS: Readonly<Record<number, number>> = { 1000: 10, 10000: 3 };
const RUNS_DEFAULT = 40;
const IDLE_MS = 10_000;
const WAIT_MS_MAX = 60_000;
const LOSS_PERCENT = 1;

interface Size {
  readonly members: number;
  /** Promised of the swarm profile: death known to all, an update known to all. */
  readonly deathMs: number;
  readonly updateMs: number;
}

/** Traffic a member may cause when nothing happens, however large the cluster: serf's at 25. */
const IDLE_BYTES_A_SECOND = 432;
const SIZES: readonly Size[] = [
  { members: 3, deathMs: 2_500, updateMs: 1_000 },
  { members: 6, deathMs: 3_500, updateMs: 1_000 },
  { members: 25, deathMs: 4_500, updateMs: 1_500 },
  { members: 100, deathMs: 4_500, updateMs: 1_500 },
  { members: 1_000, deathMs: 6_000, updateMs: 2_000 },
  { members: 10_000, deathMs: 8_000, updateMs: 2_500 },
];

/** In the simulator, independent of the machine's load: detection, spreading and traffic as the cluster grows. */
export function measureSimulated(membersMax: number): readonly Figure[] {
  const figures = SIZES.filter(({ members }) => members <= membersMax).flatMap((size) => measure(size, swarmProfile));
  // Where no packet is lost, as it was for serf beside it (6.1 s at 3, 6.9 to 8.5 s at 25). The worst is chance.
  const lan = [
    { members: 3, deathMs: 7_500, updateMs: 2_000 },
    { members: 25, deathMs: 13_700, updateMs: 2_500 },
  ].flatMap((size) => measure(size, lanProfile, 0));
  return [...figures, ...lan];
}

function measure(size: Size, profile: Profile, lossPercent = LOSS_PERCENT): readonly Figure[] {
  const { members, deathMs, updateMs } = size;
  const world = new World(1, members, profile, "none", true);
  world.link = () => ({ ...goodLink, lossPercent });
  world.run(8_000);
  const title = `${members} simulated${profile === lanProfile ? ", lan profile" : ""}`;
  const runs = RUNS[members] ?? RUNS_DEFAULT;
  const idle = idleTraffic(world);
  const promisedBytes = profile === swarmProfile && members >= 25 ? IDLE_BYTES_A_SECOND : Number.POSITIVE_INFINITY;
  const updates = Array.from({ length: runs }, (_, run) => update(world, run));
  const deaths = Array.from({ length: runs }, () => death(world));
  return [
    figure(`${title}: idle packets a member`, "packets/s", Number.POSITIVE_INFINITY, [idle.packets]),
    figure(`${title}: idle traffic a member`, "B/s", promisedBytes, [idle.bytes]),
    figure(`${title}: an update reaches all`, "ms", updateMs, updates),
    figure(
      `${title}: a crash is known to the first`,
      "ms",
      deathMs,
      deaths.map(({ firstMs }) => firstMs),
    ),
    figure(
      `${title}: a crash is known to all`,
      "ms",
      deathMs,
      deaths.map(({ allMs }) => allMs),
    ),
  ];
}

/** A member's mean, encrypted and with IP headers; exchanges are not compressed here. */
function idleTraffic(world: World): { readonly packets: number; readonly bytes: number } {
  const sum = (of: (host: Host) => number): number => world.hosts.reduce((total, host) => total + of(host), 0);
  const bytesOf = ({ bytesSent, streamBytesSent }: Host): number => bytesSent + streamBytesSent;
  const before = { packets: sum(({ packetsSent }) => packetsSent), bytes: sum(bytesOf) };
  world.countsStreams = true;
  world.run(IDLE_MS);
  world.countsStreams = false;
  const perSecond = (count: number): number => (count * 1_000) / IDLE_MS / world.hosts.length;
  return {
    packets: perSecond(sum(({ packetsSent }) => packetsSent) - before.packets),
    bytes: perSecond(sum(bytesOf) - before.bytes),
  };
}

function update(world: World, run: number): number {
  const teller = world.hosts[run % world.hosts.length];
  if (teller === undefined) return Number.NaN;
  const length = 100 + run;
  world.changeMeta(teller, new Uint8Array(length));
  const haveIt = (): boolean => world.up.every(({ core }) => core.member(teller.name)?.meta.length === length);
  const tookMs = world.runUntil("all have it", haveIt, WAIT_MS_MAX);
  world.run(1_000);
  return tookMs;
}

/** Crashes one, measures, and brings it back, so that the cluster keeps its size. */
function death(world: World): { readonly firstMs: number; readonly allMs: number } {
  const victim = world.hosts[world.hosts.length - 1];
  const [via] = world.hosts;
  if (victim === undefined || via === undefined) return { firstMs: Number.NaN, allMs: Number.NaN };
  world.run(world.random.below(3_000));
  const from = world.noticed.length;
  world.crash(victim);
  const isNoticed = (): boolean =>
    world.noticed.slice(from).some(({ change, name }) => change === "died" && name === victim.name);
  const firstMs = world.runUntil("one knows", isNoticed, WAIT_MS_MAX, 5);
  const knowAll = (): boolean => world.up.every(({ core }) => isGone(core.member(victim.name) ?? { state: "dead" }));
  const restMs = world.runUntil("all know", knowAll, WAIT_MS_MAX);
  world.restart(victim, via);
  const isBack = (): boolean => world.up.every(({ core }) => core.member(victim.name)?.state === "alive");
  world.runUntil("it is back", isBack, WAIT_MS_MAX);
  world.run(3_000);
  return { firstMs, allMs: firstMs + restMs };
}
