import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { longName } from "../../swarmctl/option-spec.ts";
import { DRY_RUN_OPTIONS, WAIT_OPTIONS } from "../../swarmctl/service/options.ts";
import { CREATE_OPTIONS, UPDATE_OPTIONS } from "../../swarmctl/service/spec-options.ts";
import { flagFacts } from "../support/flag-facts.ts";
import { PAPER_ROWS } from "../support/service-host-rows.ts";
import { COMMAND_FLAGS, flagsAmong, JOB_ROWS, OTHER_ROWS, REFUSED_ROWS, ROWS } from "../support/service-option-rows.ts";

for (const [command, options] of [
  ["create", CREATE_OPTIONS],
  ["update", UPDATE_OPTIONS],
] as const) {
  it(`every flag of service ${command} has a row that an end-to-end test runs`, () => {
    const words = [...ROWS, ...OTHER_ROWS, ...JOB_ROWS, ...PAPER_ROWS, ...REFUSED_ROWS].flatMap(
      (row) => row[command] ?? [],
    );
    const tried = new Set([...flagsAmong(words), ...COMMAND_FLAGS[command]]);
    const flags = [...options, ...DRY_RUN_OPTIONS, ...WAIT_OPTIONS].map(longName);
    assert.deepEqual(
      flags.filter((flag) => !tried.has(flag)),
      [],
      "these have no row in test/support/service-option-rows.ts",
    );
    assert.deepEqual(
      [...tried].filter((flag) => !flags.includes(flag)),
      [],
      "these are no flags",
    );
  });
}

it("a row that updates a flag sees the difference", () => {
  const text = (seen: unknown): string => (seen instanceof RegExp ? seen.source : JSON.stringify(seen));
  const same = [...ROWS, ...OTHER_ROWS, ...JOB_ROWS, ...PAPER_ROWS]
    .filter(({ update = [], created, updated }) => update.length > 0 && text(created) === text(updated))
    .flatMap(({ update = [] }) => update);
  assert.deepEqual(same, ["--isolation", "default"]);
});

it("docs/service-options.md says of every flag what its declaration says", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/service-options.md"), "utf8");
  const rows = [...page.matchAll(/^\| (`-.*) \|$/gm)].map(([, row = ""]) => row.replaceAll("\\|", "\0").split(" | "));
  const said = rows.map((cells) => cells.slice(0, 4).map((cell) => cell.replaceAll("\0", "|").trim()));
  assert.deepEqual(said, flagFacts());
});
