import { strict as assert } from "node:assert";
import { test } from "node:test";
import type { RebalanceRequest, RebalanceResponse } from "../../../shared/rpc/gen/control.ts";
import type { RebalanceStatus } from "../../../shared/rpc/gen/objects.ts";
import { unary } from "../../../shared/rpc/handler.ts";
import { createFakeDaemon, type Ran, runCli } from "./fake-daemon.ts";

const MOVE = {
  taskId: "t1",
  task: "web.3",
  from: "host1",
  to: "host3",
  gain: 2,
  reason: "host1 runs 3 tasks of web, host3 none",
  state: "STARTING",
  error: "",
} as const;
const NOTHING: RebalanceResponse = { moves: [], uneven: [], status: null };
const status = (part: Partial<RebalanceStatus> = {}): RebalanceStatus => ({
  startedAtMs: 5,
  endedAtMs: 0,
  movesLeft: 0,
  movesBegun: 1,
  gainMin: 0,
  calledOff: [],
  ...part,
});

/** The answers in turn, the last one again and again. */
async function ctl(
  words: readonly string[],
  ...answers: readonly RebalanceResponse[]
): Promise<Ran & { readonly asked: readonly RebalanceRequest[] }> {
  const asked: RebalanceRequest[] = [];
  const answer = unary(async (request: RebalanceRequest) => {
    asked.push(request);
    return answers[Math.min(asked.length, answers.length) - 1] ?? NOTHING;
  });
  await using daemon = createFakeDaemon({ control: { rebalance: answer } });
  await daemon.listen();
  return { ...(await runCli(["cluster", "rebalance", ...words], daemon)), asked };
}

test("--plan shows each move with its gain and reason, and what stays", async () => {
  const uneven = [{ service: "db", reason: "host1 runs 2 tasks of db, host3 none: kept by volume data" }];
  const { out, err, asked } = await ctl(["--plan", "--max-moves", "3"], { ...NOTHING, moves: [MOVE], uneven });
  assert.deepEqual(out, [
    "TASK    FROM    TO      GAIN   REASON",
    "web.3   host1   host3   2      host1 runs 3 tasks of web, host3 none",
  ]);
  assert.match(err.join(), /db stays uneven: .*kept by volume data/);
  assert.deepEqual(asked, [{ action: "PLAN", movesMax: 3, gainMin: 0 }]);
});

test("--plan --format json is one object for each move", async () => {
  const { out } = await ctl(["--plan", "--format", "json"], { ...NOTHING, moves: [MOVE] });
  assert.deepEqual(JSON.parse(out[0] ?? ""), {
    ...{ Task: "web.3", From: "host1", To: "host3", Gain: 2, ID: "t1" },
    Reason: "host1 runs 3 tasks of web, host3 none",
  });
  assert.deepEqual((await ctl(["--plan", "--format", "json"], NOTHING)).out, []);
});

test("nothing to move is said in words", async () => {
  const { out } = await ctl(["--plan"], NOTHING);
  assert.deepEqual(out, ["Nothing to move: the load is as even as moves can make it."]);
});

test("without --plan it waits, and says what became of it", async () => {
  const calledOff = [
    { serviceId: "s", task: "old.1", atMs: 4, reason: "of an earlier time" },
    { serviceId: "s", task: "api.1", atMs: 6, reason: "its successor on host3 ended (rejected: no image)" },
  ];
  const { out, err, asked } = await ctl(
    [],
    { ...NOTHING, moves: [MOVE], status: status({ movesBegun: 0 }) },
    { ...NOTHING, moves: [MOVE], status: status() },
    { ...NOTHING, status: status({ endedAtMs: 9, movesBegun: 3, calledOff }) },
  );
  assert.deepEqual(out, [
    "Moved 2 tasks.",
    "api.1 stays where it is: its successor on host3 ended (rejected: no image)",
  ]);
  assert.match(err.join(), /Moving web\.3 from host1 to host3 \(successor starting\)/);
  assert.deepEqual(
    asked.map(({ action }) => action),
    ["START", "STATUS", "STATUS"],
  );
});

test("--detach does not wait, --stop ends it", async () => {
  assert.deepEqual((await ctl(["-d"], { ...NOTHING, moves: [MOVE], status: status() })).out, ["Tasks to be moved: 1"]);
  const { out, asked } = await ctl(["--stop"], NOTHING);
  assert.deepEqual(out, ["No further tasks are moved."]);
  assert.equal(asked[0]?.action, "STOP");
});

for (const [words, sentence] of [
  [["--plan", "--stop"], "--plan and --stop exclude each other"],
  [["--plan", "--detach"], "--detach is only valid where tasks are moved"],
  [["--format", "json"], "--format is only valid with --plan"],
  [["--max-moves", "0"], "max-moves"],
  [["--min-gain", "x"], "min-gain"],
] as const) {
  test(`refused: ${words.join(" ")}`, async () => {
    const { ok, err, asked } = await ctl(words, NOTHING);
    assert.equal(ok, false);
    assert.ok(err.join().includes(sentence), err.join());
    assert.deepEqual(asked, []);
  });
}
