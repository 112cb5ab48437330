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
 * and not part of this repository: $ETCD_TESTDATA names a folder, in which and below which they lie as .txt files.
 * Each case is a test, so that the last line of `scripts/test etcd-conformance` counts cases.
 */
const data = process.env["ETCD_TESTDATA"] ?? join(import.meta.dirname, "../../../../shared/reference/etcd-testdata");

type Directive = Parameters<typeof runQuorum>[0];

/** What a transcript is about shows in its first command; each transcript has a world of its own. */
function runnerFor(command: string): (directive: Directive) => string {
  switch (command) {
    case "committed":
    case "vote":
      return runQuorum;
    case "simple":
    case "enter-joint":
    case "leave-joint":
      return runConfChange();
    default: {
      const world = new World();
      return (directive) => runCommand(world, directive);
    }
  }
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".txt"))
    .sort();
}

const files = existsSync(data) ? filesBelow(data) : [];
if (files.length === 0) {
  test("etcd transcripts", { skip: `no transcripts in ${data}; set ETCD_TESTDATA to their folder` }, () => {});
}
for (const file of files) {
  const cases = parseTranscript(readFileSync(join(data, file), "utf8")).filter((part) => part.kind === "case");
  const [first] = cases;
  if (first === undefined) continue;
  const run = runnerFor(first.value.directive.command);
  for (const { value } of cases) {
    const { directive, expected, line } = value;
    test(`etcd transcript ${file}:${line} ${directive.command}`, () => assert.equal(run(directive), expected));
  }
}
