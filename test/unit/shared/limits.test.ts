import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  CONTENT_LIMITS,
  HOST_LIMITS,
  IMAGE_LIMITS,
  type Limit,
  LOGIN_LIMITS,
  SPEC_LIMITS,
} from "../../../shared/objects/limits.ts";

const TABLES: readonly (readonly [title: string, limits: Readonly<Record<string, Limit>>])[] = [
  ["In a spec", SPEC_LIMITS],
  ["In a secret or config", CONTENT_LIMITS],
  ["In a login to a registry", LOGIN_LIMITS],
  ["From a host", HOST_LIMITS],
  ["In an image", IMAGE_LIMITS],
];

function rowOf({ of, max, unit, why }: Limit): string {
  const most = `${max.toLocaleString("en")}${unit === "in number" ? "" : ` ${unit}`}`;
  return `| ${of} | ${most} | ${why} |`;
}

test("docs/operations.md says every limit as the table has it", () => {
  const docs = readFileSync(join(import.meta.dirname, "../../../docs/operations.md"), "utf8");
  const wanted = TABLES.flatMap(([title, limits]) => [
    `| ${title} | at most | why |\n|---|---|---|\n${Object.values(limits).map(rowOf).join("\n")}\n`,
  ]);
  for (const table of wanted) assert.ok(docs.includes(table), `docs/operations.md lacks this table:\n${table}`);
});

test("limits are whole numbers that can be counted to", () => {
  for (const [, limits] of TABLES) {
    for (const { max, of } of Object.values(limits)) assert.ok(Number.isSafeInteger(max) && max > 0, of);
  }
});
