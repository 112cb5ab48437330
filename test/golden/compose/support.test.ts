import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { SERVICE_KEYS } from "../../../shared/compose/service-kind.ts";
import { SERVICE_SUPPORT, supportCounts, supportTable } from "../../../shared/compose/support.ts";

const PAGE = join(import.meta.dirname, "../../../docs/compose.md");
const TABLE = /\| key \| in a swarm [\s\S]*\n(?=\n|$)/;
const COUNTS = /Of the \d+ keys of a service, \d+ take effect and \d+ are refused/;

it("says of every key of a service what becomes of it", () => {
  assert.deepEqual([...SERVICE_SUPPORT.keys()], SERVICE_KEYS.toSorted());
});

it("docs/compose.md is made of the table", () => {
  const page = readFileSync(PAGE, "utf8");
  const { all, effect, refused } = supportCounts();
  const counts = `Of the ${all} keys of a service, ${effect} take effect and ${refused} are refused`;
  const made = page.replace(TABLE, () => `${supportTable()}\n`).replace(COUNTS, counts);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(PAGE, made);
  assert.equal(readFileSync(PAGE, "utf8"), made);
  assert.match(made, COUNTS);
});
