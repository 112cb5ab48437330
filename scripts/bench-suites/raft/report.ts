import { mustHave } from "../../../shared/invariant.ts";
import type { CatchUp } from "./catch-up.ts";
import type { Health } from "./messages.ts";
import type { Soak } from "./soak.ts";
import type { Throughput } from "./throughput.ts";

/** One line of the comparison; null = not measured. */
export interface ThroughputRow {
  readonly clients: number;
  readonly inFlight: number;
  readonly ours: Throughput;
  readonly etcd: Throughput | null;
}

export interface GapRow {
  readonly name: string;
  readonly ours: readonly number[];
  readonly etcd: readonly number[] | null;
  /** Promised of ours, in milliseconds. */
  readonly p50MaxMs: number;
  readonly p99MaxMs: number;
}

export interface Extra {
  readonly name: string;
  readonly measured: Throughput;
}

export interface RaftReport {
  readonly etcdVersion: string | null;
  readonly throughput: readonly ThroughputRow[];
  readonly extras: readonly Extra[];
  readonly gaps: readonly GapRow[];
  /** Of our leader after the load, and how often the leader changed under it. */
  readonly underLoad: Health & { readonly elections: number };
  /** null = not measured. */
  readonly caughtUp: CatchUp | null;
}

export interface Verdict {
  readonly what: string;
  readonly kept: boolean;
}

/** At that many in flight and above, we are at least as fast as etcd. */
const PARITY_IN_FLIGHT = 64;
const P50_ALONE_RATIO_MAX = 1.2;
const P99_RATIO_MAX = 1.5;
/** Throughput at 1,000 in flight against the best; less would be a collapse. */
const COLLAPSE_RATIO_MIN = 0.9;
/** Between two heartbeats. */
const HEARTBEAT_MS = 100;

/** What issue and documentation promise of these figures. */
export function judge(report: RaftReport): readonly Verdict[] {
  const promises: Verdict[] = [];
  for (const { clients, inFlight, ours, etcd } of report.throughput) {
    if (etcd === null) continue;
    const where = `${clients} x ${inFlight / clients} in flight`;
    const rate = ours.putsPerSecond / etcd.putsPerSecond;
    if (inFlight >= PARITY_IN_FLIGHT) {
      promises.push({ what: `${where}: ${rate.toFixed(2)} of etcd's throughput (at least 1)`, kept: rate >= 1 });
      const tail = ours.p99Ms / etcd.p99Ms;
      promises.push({
        what: `${where}: ${tail.toFixed(2)} of its p99 (at most ${P99_RATIO_MAX})`,
        kept: tail <= P99_RATIO_MAX,
      });
    } else {
      const ratio = ours.p50Ms / etcd.p50Ms;
      const what = `${where}: ${ratio.toFixed(2)} of its p50 (at most ${P50_ALONE_RATIO_MAX})`;
      promises.push({ what, kept: ratio <= P50_ALONE_RATIO_MAX });
    }
  }
  const rates = report.throughput.filter(({ clients }) => clients === 1).map(({ ours }) => ours.putsPerSecond);
  const collapse = (rates.at(-1) ?? 0) / Math.max(...rates);
  promises.push({
    what: `at most in flight: ${collapse.toFixed(2)} of the best (at least ${COLLAPSE_RATIO_MIN})`,
    kept: collapse >= COLLAPSE_RATIO_MIN,
  });
  const { elections } = report.underLoad;
  promises.push({ what: `elections under load: ${elections} (none)`, kept: elections === 0 });
  for (const { name, ours, p50MaxMs, p99MaxMs } of report.gaps) {
    const [p50, p99] = [percentile(ours, 0.5), percentile(ours, 0.99)];
    const what = `${name}: p50 ${p50.toFixed(0)} ms (under ${p50MaxMs}), p99 ${p99.toFixed(0)} ms (under ${p99MaxMs})`;
    promises.push({ what, kept: p50 < p50MaxMs && p99 < p99MaxMs });
  }
  if (report.caughtUp !== null) promises.push(judgeCatchUp(report.caughtUp));
  return promises;
}

export function judgeSoak({ minutes, load, elections, leaderDelayMaxMs }: Soak): Verdict {
  const rate = `${load.putsPerSecond.toFixed(0)} puts/s, event loop delay at most ${leaderDelayMaxMs.toFixed(0)} ms`;
  return { what: `${minutes} minutes saturated: ${elections} elections (none); ${rate}`, kept: elections === 0 };
}

function judgeCatchUp({ stateBytes, tookMs, leaderDelayMaxMs, elections }: CatchUp): Verdict {
  const took = `a newcomer has ${(stateBytes / 1e6).toFixed(0)} MB after ${(tookMs / 1_000).toFixed(1)} s`;
  const delay = `the leader was held up ${leaderDelayMaxMs.toFixed(0)} ms at most (a heartbeat: ${HEARTBEAT_MS})`;
  return { what: `${took}; ${delay}`, kept: leaderDelayMaxMs < HEARTBEAT_MS && elections === 0 };
}

/** Tables for people. */
export function render(report: RaftReport): string {
  const etcd = report.etcdVersion === null ? "etcd (not installed)" : `etcd ${report.etcdVersion}`;
  const rates = report.throughput.map((row) => [
    `${row.clients} x ${row.inFlight / row.clients}`,
    ...cells(row.ours),
    ...(row.etcd === null ? ["", "", "", ""] : cells(row.etcd)),
    row.etcd === null ? "" : (row.ours.putsPerSecond / row.etcd.putsPerSecond).toFixed(2),
  ]);
  const extras = report.extras.map(({ name, measured }) => [name, ...cells(measured), "", "", "", "", ""]);
  const gaps = report.gaps.map(({ name, ours, etcd: theirs }) => [
    name,
    ...gapCells(ours),
    ...(theirs === null ? ["", "", ""] : gapCells(theirs)),
    theirs === null ? "" : (percentile(ours, 0.5) / percentile(theirs, 0.5)).toFixed(2),
  ]);
  const { delayP99Ms, delayMaxMs, elections } = report.underLoad;
  return [
    `Three members on loopback, synced disk, 256-byte values, without TLS; ours against ${etcd}, run by turns.`,
    table([
      ["CLIENTS", "PUTS/S", "P50 MS", "P99 MS", "CPU US", "ETCD", "P50 MS", "P99 MS", "CPU US", "RATIO"],
      ...rates,
      ...extras,
    ]),
    table([["LEADER", "RUNS", "P50 MS", "P99 MS", "ETCD RUNS", "P50 MS", "P99 MS", "RATIO"], ...gaps]),
    `Our leader under all this load: event loop delay p99 ${delayP99Ms.toFixed(1)} ms, max ${delayMaxMs.toFixed(1)} ms; elections: ${elections}.`,
    judge(report)
      .map(({ what, kept }) => `${kept ? "ok    " : "MISSED"} ${what}`)
      .join("\n"),
  ].join("\n\n");
}

export function percentile(samples: readonly number[], part: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return mustHave(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))], "a sample");
}

function cells({ putsPerSecond, p50Ms, p99Ms, cpuUsPerPut }: Throughput): string[] {
  return [
    putsPerSecond.toFixed(0),
    p50Ms.toFixed(2),
    p99Ms.toFixed(1),
    Number.isNaN(cpuUsPerPut) ? "" : cpuUsPerPut.toFixed(0),
  ];
}

function gapCells(samples: readonly number[]): string[] {
  return [String(samples.length), percentile(samples, 0.5).toFixed(0), percentile(samples, 0.99).toFixed(0)];
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = mustHave(rows[0], "a head").map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}
