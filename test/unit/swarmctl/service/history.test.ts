import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service, ServiceSpec } from "../../../../shared/objects/types.ts";
import type { EarlierSpec, SpecOrigin } from "../../../../shared/rpc/gen/objects.ts";
import { unary } from "../../../../shared/rpc/handler.ts";
import { historyRows } from "../../../../swarmctl/service/history.ts";
import { createContainerSpec, createService, createTaskSpec, scaled } from "../../../support/objects.ts";
import { createFakeDaemon, runCli } from "../fake-daemon.ts";

const NOW_MS = 1_800_000_000_000;
const HOUR_MS = 3_600_000;
const DIGEST = `@sha256:${"a".repeat(64)}`;

const specWith = (image: string, replicas = 2): ServiceSpec =>
  scaled(createService("web", { task: createTaskSpec({ container: createContainerSpec({ image }) }) }).spec, replicas);
const origin = (cause: SpecOrigin["cause"], hoursAgo: number, fromGeneration = 0): SpecOrigin => ({
  cause,
  atMs: NOW_MS - hoursAgo * HOUR_MS,
  fromGeneration,
});

function earlier(generation: number, spec: ServiceSpec, part: Partial<EarlierSpec>): EarlierSpec {
  return {
    id: `e${generation}`,
    meta: null,
    serviceId: "s1",
    generation,
    spec,
    origin: null,
    outcome: "COMPLETED",
    message: "",
    ...part,
  };
}

const SPECS = [
  earlier(1, specWith(`shop:1${DIGEST}`), { origin: origin("CREATED", 72) }),
  earlier(2, specWith(`shop:2${DIGEST}`, 10), { origin: origin("UPDATED", 26) }),
  earlier(3, specWith(`shop:3${DIGEST}`, 10), {
    origin: origin("UPDATED", 2),
    outcome: "ROLLED_BACK",
    message: "update rolled back",
  }),
];
const PRESENT: Service = createService(
  "web",
  {},
  { generation: 4, spec: specWith(`shop:2${DIGEST}`, 10), origin: origin("FAILED_BACK", 2, 2) },
);

test("each spec is told with what it changed, newest first, digests left out", () => {
  const rows = historyRows(PRESENT, SPECS, { nowMs: NOW_MS, wide: false });
  assert.deepEqual(
    rows.map(({ Spec, When, State, By, ChangesText }) => [Spec, When, State, By, ChangesText]),
    [
      [4, "2 hours ago", "current", "failure, back to 2", "image: shop:3 -> shop:2"],
      [3, "2 hours ago", "failed, rolled back", "update", "image: shop:2 -> shop:3"],
      [2, "26 hours ago", "completed", "update", "image: shop:1 -> shop:2; number of replicas: 2 -> 10"],
      [1, "3 days ago", "completed", "create", ""],
    ],
  );
});

test("where the spec before is not kept, nothing is said of changes; nor of a time that is not known", () => {
  const rows = historyRows(PRESENT, [{ ...SPECS[1], origin: null } as EarlierSpec], { nowMs: NOW_MS, wide: false });
  assert.deepEqual(
    rows.map(({ Spec, When, By, Changes }) => [Spec, When, By, Changes.length]),
    [
      [4, "2 hours ago", "failure, back to 2", 0],
      [2, "", "", 0],
    ],
  );
});

test("the same image by another digest is a change that shows", () => {
  const other = specWith(`shop:1@sha256:${"b".repeat(64)}`);
  const [row] = historyRows(null, [SPECS[0] as EarlierSpec, earlier(2, other, {})], { nowMs: NOW_MS, wide: true });
  assert.match(row?.ChangesText ?? "", /^image: shop:1@sha256:a+ -> shop:1@sha256:b+$/);
});

test("swarmctl service history prints a table, numbers, or an object a line", async () => {
  await using daemon = createFakeDaemon({
    control: { listEarlierSpecs: unary(async () => ({ service: PRESENT, specs: SPECS })) },
  });
  await daemon.listen();
  const table = await runCli(["service", "history", "web"], daemon);
  assert.match(table.out[0] ?? "", /^SPEC +WRITTEN +STATE +BY +CHANGES$/);
  assert.deepEqual((await runCli(["service", "history", "-q", "web"], daemon)).out, ["4", "3", "2", "1"]);
  const json = (await runCli(["service", "history", "--format", "json", "web"], daemon)).out.map((line) =>
    JSON.parse(line),
  );
  assert.deepEqual(json[1].Message, "update rolled back");
  assert.deepEqual(json[2].Changes, ["image: shop:1 -> shop:2", "number of replicas: 2 -> 10"]);
});

test("service rollback --to names the spec, and refuses what is no number", async () => {
  const service = { id: "s1", meta: { version: 7 }, spec: { annotations: { name: "web" } } };
  const asked: unknown[] = [];
  await using daemon = createFakeDaemon({
    control: {
      getService: unary(async () => ({ service })),
      updateService: unary(async ({ rollback, rollbackTo, promote, abort }) => {
        asked.push({ rollback, rollbackTo, promote, abort });
        return { service };
      }),
    },
  });
  await daemon.listen();
  for (const words of [["rollback", "--to", "3"], ["promote"], ["abort"]]) {
    assert.deepEqual((await runCli(["service", ...words, "-d", "web"], daemon)).out, ["web"]);
  }
  assert.deepEqual(asked, [
    { rollback: true, rollbackTo: 3, promote: false, abort: false },
    { rollback: false, rollbackTo: 0, promote: true, abort: false },
    { rollback: false, rollbackTo: 0, promote: false, abort: true },
  ]);
  for (const wrong of ["0", "x", "-1"]) {
    const ran = await runCli(["service", "rollback", `--to=${wrong}`, "web"], daemon);
    assert.match(ran.err.join(), /--to/);
  }
});
