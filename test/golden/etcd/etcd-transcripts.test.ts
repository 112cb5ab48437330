import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseTranscript } from "../transcript.ts";
import { runCommand } from "./commands.ts";
import { runConfChange } from "./conf-change-commands.ts";
import { runQuorum } from "./quorum-commands.ts";
import { World } from "./world.ts";

/**
 * The transcripts of etcd-io/raft, byte for byte: the strongest outside yardstick for a Raft core. They are Apache-2.0
 * and not part of this repository: $ETCD_TESTDATA names the folder (with raft/, confchange/, quorum/ in it).
 */
const data = process.env["ETCD_TESTDATA"] ?? join(import.meta.dirname, "../../../../shared/reference/etcd-testdata");
const skip = existsSync(data) ? false : `the transcripts are not at hand; set ETCD_TESTDATA to their folder`;

function runFiles(folder: string, create: () => (directive: Parameters<typeof runQuorum>[0]) => string): void {
  const path = join(data, folder);
  const files = skip === false ? readdirSync(path).filter((name) => name.endsWith(".txt")) : ["(none)"];
  for (const file of files.sort()) {
    test(`etcd transcript ${folder}/${file}`, { skip }, () => {
      const run = create();
      const cases = parseTranscript(readFileSync(join(path, file), "utf8")).filter((part) => part.kind === "case");
      assert.ok(cases.length > 0, "a transcript has cases");
      for (const { value } of cases) {
        assert.equal(
          run(value.directive),
          value.expected,
          `${folder}/${file}:${value.line} ${value.directive.command}`,
        );
      }
    });
  }
}

runFiles("raft", () => {
  const world = new World();
  return (directive) => runCommand(world, directive);
});
runFiles("confchange", () => runConfChange());
runFiles("quorum", () => runQuorum);
