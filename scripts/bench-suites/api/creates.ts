/** How many services a second are created through the API, with some requests in flight. */
import { ApiClient, emptyService, inParallel } from "./api-client.ts";

const REMOVES_IN_FLIGHT = 64;

export interface Creates {
  readonly inFlight: number;
  readonly perSecond: number;
  /** Of one request each, in ms. */
  readonly p50: number;
  readonly p99: number;
}

export async function measureCreates(socketPath: string, inFlight: number, count: number): Promise<Creates> {
  using client = new ApiClient(socketPath, inFlight);
  const prefix = `bench-${inFlight}`;
  const tookMs: number[] = [];
  const ids: string[] = [];
  const beganMs = performance.now();
  await inParallel(count, inFlight, async (at) => {
    const askedMs = performance.now();
    const made = await client.ask("POST", "/v1.44/services/create", emptyService(`${prefix}-${at}`));
    tookMs.push(performance.now() - askedMs);
    ids.push((made as { readonly ID: string }).ID);
  });
  const seconds = (performance.now() - beganMs) / 1_000;
  await removeServices(socketPath, ids);
  tookMs.sort((a, b) => a - b);
  const at = (part: number): number => tookMs[Math.min(tookMs.length - 1, Math.floor(tookMs.length * part))] ?? 0;
  return { inFlight, perSecond: count / seconds, p50: at(0.5), p99: at(0.99) };
}

export async function removeServices(socketPath: string, ids: readonly string[]): Promise<void> {
  using client = new ApiClient(socketPath, REMOVES_IN_FLIGHT);
  await inParallel(ids.length, REMOVES_IN_FLIGHT, async (at) => {
    await client.ask("DELETE", `/v1.44/services/${ids[at]}`);
  });
}
