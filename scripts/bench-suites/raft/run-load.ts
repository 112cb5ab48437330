import { LATENCIES_MAX, type Load, type LoadResult } from "./messages.ts";

/** Distinct keys; etcd and our store hold about 2.5 MB of them at 256 bytes each. */
const KEYS = 10_000;
/** A put that fails is tried again after this long; in a healthy run none does. */
const RETRY_MS = 10;

/** Keeps `inFlight` puts under way, each followed by the next, and measures those that end after the warm-up. */
export async function runLoad(load: Load, put: (key: string, value: Buffer) => Promise<void>): Promise<LoadResult> {
  const value = Buffer.alloc(load.valueBytes, "v");
  const beginsMs = performance.now() + load.warmUpMs;
  const endsMs = beginsMs + load.measureMs;
  const latenciesMs: number[] = [];
  let errors = 0;
  let next = 0;
  const keepPutting = async (): Promise<void> => {
    for (let sentMs = performance.now(); sentMs < endsMs; ) {
      const sent = sentMs;
      try {
        await put(`key-${next++ % KEYS}`, value);
        sentMs = performance.now();
        if (sentMs >= beginsMs && sentMs < endsMs) latenciesMs.push(sentMs - sent);
      } catch {
        errors++;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        sentMs = performance.now();
      }
    }
  };
  await Promise.all(Array.from({ length: load.inFlight }, keepPutting));
  const sorted = Float64Array.from(latenciesMs).sort();
  return { puts: sorted.length, errors, elapsedMs: load.measureMs, latenciesMs: thinOut(sorted) };
}

function thinOut(sorted: Float64Array): readonly number[] {
  const step = Math.max(1, sorted.length / LATENCIES_MAX);
  const kept: number[] = [];
  for (let at = 0; at < sorted.length; at += step) kept.push(sorted[Math.floor(at)] as number);
  return kept;
}
