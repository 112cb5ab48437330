/** Several ways measured round by round one after the other, because the machine is not equally busy all the time. */
import { mustHave } from "../../../shared/invariant.ts";
import { progress } from "../lab-control.ts";
import { measureBytes, measureRequests, type Requests, type Way } from "./way.ts";

/** With fewer a median says nothing. */
const ROUNDS_MIN = 2;

export interface Extent {
  readonly rounds: number;
  /** Bytes are measured in the first round and each so many later: they differ less from one to the next. */
  readonly bytesEvery: number;
  /**
   * None begins that would end later, in ms since the program's start: where the machine is so busy that rounds take
   * long, there are fewer of them.
   */
  readonly endMs: number;
}

/** Of one way, in the order of the rounds. */
export interface Samples {
  readonly requests: readonly Requests[];
  readonly bytes: readonly number[];
}

/** By the ways' names. The n-th samples of all ways are of the same round. @throws Error when a way leads nowhere. */
export async function measureRounds(ways: readonly Way[], extent: Extent): Promise<ReadonlyMap<string, Samples>> {
  const samples = new Map(ways.map(({ name }) => [name, { requests: [] as Requests[], bytes: [] as number[] }]));
  progress(`${ways.length} ways to a container, once for nothing: neighbours and connections are found`);
  await Promise.all(ways.map(measureRequests));
  for (let round = 0, roundMs = 0; round < extent.rounds; round++) {
    const startedMs = performance.now();
    if (round >= ROUNDS_MIN && startedMs + roundMs > extent.endMs) {
      progress(`the machine is busy: ${round} rounds instead of ${extent.rounds}`);
      break;
    }
    progress(`ways to a container, round ${round + 1} of ${extent.rounds}`);
    for (const way of inOrder(ways, round)) {
      const own = mustHave(samples.get(way.name), "samples");
      own.requests.push(await measureRequests(way));
      if (round % extent.bytesEvery === 0) own.bytes.push(await measureBytes(way));
    }
    roundMs = performance.now() - startedMs;
  }
  return samples;
}

/** Each begins a round in turn, and every other round goes backwards: what comes after what does not matter then. */
function inOrder(ways: readonly Way[], round: number): readonly Way[] {
  const order = ways.map((_, at) => mustHave(ways[(at + round) % ways.length], "way"));
  return round % 2 === 0 ? order : order.toReversed();
}
