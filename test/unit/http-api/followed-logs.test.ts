import assert from "node:assert/strict";
import { test } from "node:test";
import { followedLogs } from "../../../http-api/services/followed-logs.ts";
import { SwarmError } from "../../../shared/errors.ts";
import type { LogLine } from "../../../shared/rpc/gen/dispatcher.ts";
import type { SubscribeLogsRequest, SubscribeLogsResponse } from "../../../shared/rpc/gen/logs.ts";
import { fakeBackend } from "../../support/fake-backend.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const line = (taskId: string, offset: number): LogLine =>
  ({ taskId, nodeId: "n1", generation: 1, offset, timestampMs: offset, nanos: 0, stream: "STDOUT" }) as LogLine;
const said = (...lines: LogLine[]): SubscribeLogsResponse => ({ lines, errors: [], caughtUp: false });

/** A leader that goes away after each of these; the last one ends the reading. */
async function read(
  leaders: readonly (readonly SubscribeLogsResponse[])[],
  options: { readonly follow: boolean; readonly tail: number },
  failure = new SwarmError("unavailable", "the leader has gone"),
) {
  const asked: SubscribeLogsRequest[] = [];
  const clock = new VirtualClock();
  const backend = fakeBackend({
    logs: {
      subscribe: async function* (request: SubscribeLogsRequest) {
        asked.push(request);
        yield* leaders[asked.length - 1] ?? [];
        if (asked.length < leaders.length) throw failure;
      },
    },
  });
  const reading = { ref: "web", options: { ...options, sinceMs: 0, untilMs: 0 } };
  const got: string[] = [];
  const run = async (): Promise<void> => {
    const call = { backend, clock, signal: new AbortController().signal };
    for await (const lines of followedLogs(call, reading))
      got.push(...lines.map((each) => `${each.taskId}${each.offset}`));
  };
  let isOver = false;
  const running = run().finally(() => {
    isOver = true;
  });
  running.catch(() => {});
  while (!isOver) await clock.run(1_000);
  await running;
  return { got, asked };
}

test("a follower gets each line once, whatever the next leader repeats", async () => {
  const { got, asked } = await read(
    [[said(line("a", 1), line("b", 1)), said(line("a", 2))], [], [said(line("a", 2), line("b", 1), line("b", 2))]],
    { follow: true, tail: -1 },
  );
  assert.deepEqual(got, ["a1", "b1", "a2", "b2"]);
  assert.deepEqual(
    asked.at(-1)?.resume.map(({ taskId, offset }) => [taskId, offset]),
    [
      ["b", 1],
      ["a", 2],
    ],
  );
});

test("the last lines are asked for once, and again only when none of them came", async () => {
  const once = await read([[said(line("a", 7))], [said(line("a", 8))]], { follow: true, tail: 1 });
  assert.deepEqual(
    once.asked.map(({ options }) => options?.tail),
    [1, -1],
  );
  const never = await read([[said()], [said(line("a", 8))]], { follow: true, tail: 1 });
  assert.deepEqual(
    never.asked.map(({ options }) => options?.tail),
    [1, 1],
  );
});

test("who does not follow, and who is refused, hears of the break", async () => {
  await assert.rejects(read([[said(line("a", 1))], []], { follow: false, tail: -1 }), { code: "unavailable" });
  const refusal = new SwarmError("notFound", "no such task or service: web");
  await assert.rejects(read([[], []], { follow: true, tail: -1 }, refusal), { code: "notFound" });
  await assert.rejects(read([[], []], { follow: true, tail: -1 }), { code: "unavailable" });
});
