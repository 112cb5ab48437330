import { type StatsOf, toDockerStats } from "../../shared/docker-shape/container-stats.ts";
import type { ContainerStats } from "../../shared/rpc/gen/streams.ts";
import { type Answer, json, jsonLines } from "../answer.ts";
import { sentenceOf } from "../errors.ts";
import type { Call } from "../route.ts";
import { type Place, placeOf } from "./place.ts";

/** As long as its caller reads. */
const FOLLOW_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * What a container uses: every second; or once, from two looks a second apart, unless one look is to do, without a rate
 * then.
 */
export async function stats(call: Call): Promise<Answer> {
  const place = await placeOf(call);
  const { engine, ref } = place;
  const who = await engine.streams.locate({ container: ref }, { signal: call.signal });
  const isFollowed = call.query.flag("stream", true);
  if (isFollowed) return jsonLines(each(call, place, who), sentenceOf, { headersAtOnce: true });
  const looks = call.query.flag("one-shot") || !who.running ? 1 : 2;
  let [before, now]: (ContainerStats | null)[] = [null, null];
  let looked = 0;
  for await (const one of look(call, place)) {
    [before, now] = [now ?? null, one];
    if (++looked >= looks) break;
  }
  return json(toDockerStats(who, now ?? null, before ?? null));
}

async function* each(call: Call, place: Place, who: StatsOf): AsyncGenerator<unknown> {
  let before: ContainerStats | null = null;
  for await (const now of look(call, place)) {
    yield toDockerStats(who, now, before);
    before = now;
  }
}

/** Once a second; null = it does not run. */
async function* look({ signal }: Call, { engine, ref }: Place): AsyncGenerator<ContainerStats | null> {
  const request = { containers: [ref], follow: true, details: true };
  for await (const { containers } of engine.streams.stats(request, { signal, timeoutMs: FOLLOW_TIMEOUT_MS }))
    yield containers[0] ?? null;
}
