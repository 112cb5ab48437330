import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { service } from "../../../shared/compose/service-kind.ts";
import { SERVICE_SUPPORT, type Support } from "../../../shared/compose/support.ts";

const PAGE = join(import.meta.dirname, "../../../docs/compose.md");
const TABLE = /\| key \| in a swarm [\s\S]*\n(?=\n|$)/;
const COUNTS = /Of the \d+ keys of a service, \d+ take effect and \d+ are refused/;

it("says of every key of a service what becomes of it", () => {
  assert.deepEqual([...SERVICE_SUPPORT.keys()], service.keys.toSorted());
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

/** The page's table: one row for each key. */
function supportTable(): string {
  const rows = [...SERVICE_SUPPORT].map(
    ([key, support]) => `| \`${key}\` | ${verdict(support)} | ${remark(support)} |`,
  );
  return ["| key | in a swarm | how, or why not |", "|---|---|---|", ...rows].join("\n");
}

/** How many keys have an effect, and how many there are. */
function supportCounts(): { readonly effect: number; readonly refused: number; readonly all: number } {
  const kinds = [...SERVICE_SUPPORT.values()].map(({ kind }) => kind);
  const count = (wanted: Support["kind"]) => kinds.filter((kind) => kind === wanted).length;
  return { effect: count("effect"), refused: count("refused"), all: kinds.length };
}

function verdict({ kind }: Support): string {
  switch (kind) {
    case "effect":
      return "takes effect";
    case "nothing":
      return "nothing to do";
    case "refused":
      return "refused";
  }
}

function remark(support: Support): string {
  return support.kind === "effect" ? (support.how ?? "") : support.why;
}
