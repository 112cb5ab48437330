/**
 * Consensus beside etcd: three members of each on loopback, with the same client, alternating. What is measured of ours
 * is the Raft of a manager (RaftNode, LevelDB, gRPC between members) with a Put service and a map on top.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CatchUp, catchUp } from "./raft/catch-up.ts";
import { certificatesFor } from "./raft/certificates.ts";
import { EtcdGroup, etcdVersion } from "./raft/etcd-group.ts";
import { gapOfCleanStop, untilNextWrite } from "./raft/failover.ts";
import type { Group } from "./raft/group.ts";
import type { Health, Load } from "./raft/messages.ts";
import { CLUSTER_ID, OurGroup } from "./raft/our-group.ts";
import type { Extra, GapRow, RaftReport, ThroughputRow } from "./raft/report.ts";
import { type Soak, soak } from "./raft/soak.ts";
import { putFromOutside, type Run, summarise } from "./raft/throughput.ts";

/** Client processes, and puts in flight over all of them. */
const LOADS: readonly (readonly [clients: number, inFlight: number])[] = [
  [1, 1],
  [1, 64],
  [1, 256],
  [1, 1_000],
  [2, 64],
  [2, 256],
  [2, 1_000],
];
const VALUE_BYTES = 256;
/** Programs are compiled as they run, so the first seconds mean little. */
const HEAT: Load = { inFlight: 256, warmUpMs: 0, measureMs: 3_000, valueBytes: VALUE_BYTES };

interface Extent {
  /** Each load is measured this often on each side, by turns. */
  readonly rounds: number;
  readonly measureMs: number;
  readonly kills: number;
  readonly silences: number;
  readonly stops: number;
  /** A newcomer that needs much state. */
  readonly catchUp: boolean;
}
const FULL: Extent = { rounds: 3, measureMs: 4_000, kills: 30, silences: 10, stops: 10, catchUp: true };
const QUICK: Extent = { rounds: 1, measureMs: 2_000, kills: 5, silences: 2, stops: 3, catchUp: false };

/** Three members under all the load they can take, for as long as a slow disk or a long collection may take to show. */
export async function measureRaftSoak(minutes: number): Promise<Soak> {
  const directory = mkdtempSync(join(tmpdir(), "swarm-bench-raft-"));
  try {
    await using ours = await OurGroup.start(directory, null);
    return await soak(ours, minutes, (done) => progress(`saturated for ${done} of ${minutes} minutes`));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export async function measureRaft(quick: boolean): Promise<RaftReport> {
  const extent = quick ? QUICK : FULL;
  const version = etcdVersion();
  if (version === null) progress("etcd is not here to compare with: apt-get install etcd-server");
  const directory = mkdtempSync(join(tmpdir(), "swarm-bench-raft-"));
  try {
    await using ours = await OurGroup.start(join(directory, "ours"), null);
    await using etcd = version === null ? null : await EtcdGroup.start(directory);
    return await measure(ours, etcd, directory, extent, version);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measure(
  ours: OurGroup,
  etcd: EtcdGroup | null,
  directory: string,
  extent: Extent,
  version: string | null,
): Promise<RaftReport> {
  const { throughput, underLoad } = await measureThroughput(ours, etcd, extent);
  const extras = [await measureInside(ours, extent), ...(await measureTls(join(directory, "tls"), extent))];
  const gaps = [
    await measureGap("killed (kill -9) to next put", [150, 500], extent.kills, ours, etcd, (group, runs) =>
      untilNextWrite(group, "killed", runs),
    ),
    await measureGap("cut off (SIGSTOP) to next put", [1_000, 1_500], extent.silences, ours, etcd, (group, runs) =>
      untilNextWrite(group, "silent", runs),
    ),
    await measureGap("stopped (SIGTERM), longest gap", [20, 20], extent.stops, ours, etcd, gapOfCleanStop),
  ];
  const caughtUp = extent.catchUp ? await measureCatchUp(join(directory, "catch-up")) : null;
  return { etcdVersion: version, throughput, extras, gaps, underLoad, caughtUp };
}

async function measureCatchUp(directory: string): Promise<CatchUp> {
  progress("a newcomer that needs 200 MB");
  await using group = await OurGroup.start(directory, null);
  return await catchUp(group, directory);
}

async function measureThroughput(
  ours: OurGroup,
  etcd: EtcdGroup | null,
  { rounds, measureMs }: Extent,
): Promise<{ throughput: readonly ThroughputRow[]; underLoad: Health & { elections: number } }> {
  const groups: readonly Group[] = etcd === null ? [ours] : [ours, etcd];
  progress("warming up");
  for (const group of groups) await putFromOutside(group, 1, HEAT);
  const before = await ours.leaderHealth();
  const throughput: ThroughputRow[] = [];
  for (const [clients, inFlight] of LOADS) {
    progress(`${clients} clients, ${inFlight} puts in flight`);
    const load: Load = { inFlight, warmUpMs: 500, measureMs, valueBytes: VALUE_BYTES };
    const runs = new Map<Group, Run[]>(groups.map((group) => [group, []]));
    for (let round = 0; round < rounds; round++) {
      for (const [group, list] of runs) list.push(await putFromOutside(group, clients, load));
    }
    const [first = [], second] = [...runs.values()];
    throughput.push({
      clients,
      inFlight,
      ours: summarise(first),
      etcd: second === undefined ? null : summarise(second),
    });
  }
  const after = await ours.leaderHealth();
  return { throughput, underLoad: { ...after, elections: after.term - before.term } };
}

async function measureInside(ours: OurGroup, { measureMs }: Extent): Promise<Extra> {
  progress("proposals from inside the process");
  const load: Load = { inFlight: 1_000, warmUpMs: 500, measureMs, valueBytes: VALUE_BYTES };
  const result = await ours.loadInside(load);
  return { name: "inside the process, 1000", measured: summarise([{ results: [result], cpuMs: Number.NaN }]) };
}

/** As managers really communicate: mutual TLS between members and with the client. */
async function measureTls(directory: string, { measureMs }: Extent): Promise<readonly Extra[]> {
  const tls = await certificatesFor(CLUSTER_ID, ["member0", "member1", "member2", "client"]);
  await using group = await OurGroup.start(directory, tls);
  await putFromOutside(group, 1, HEAT);
  const extras: Extra[] = [];
  for (const inFlight of [1, 256]) {
    progress(`mutual TLS, ${inFlight} puts in flight`);
    const run = await putFromOutside(group, 1, { inFlight, warmUpMs: 500, measureMs, valueBytes: VALUE_BYTES });
    extras.push({ name: `mutual TLS, 1 x ${inFlight}`, measured: summarise([run]) });
  }
  return extras;
}

async function measureGap(
  name: string,
  [p50MaxMs, p99MaxMs]: readonly [number, number],
  runs: number,
  ours: OurGroup,
  etcd: EtcdGroup | null,
  samples: (group: Group, runs: number) => Promise<readonly number[]>,
): Promise<GapRow> {
  progress(`leader ${name}`);
  const ourSamples = await samples(ours, runs);
  // Etcd takes seconds each time, and a third of the runs tells its order of magnitude.
  const etcdSamples = etcd === null ? null : await samples(etcd, Math.ceil(runs / 3));
  return { name, ours: ourSamples, etcd: etcdSamples, p50MaxMs, p99MaxMs };
}

function progress(what: string): void {
  console.error(`bench: ${what} ...`);
}
