import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseTranscript, renderTranscript } from "../transcript.ts";
import { Cluster } from "./cluster.ts";
import { runCommand } from "./commands.ts";

/** Scenarios of consensus as text. UPDATE_GOLDEN=1 writes them anew; then read the difference. */
const update = process.env["UPDATE_GOLDEN"] === "1";

for (const file of readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".txt"))
  .sort()) {
  test(`transcript ${file}`, () => {
    const path = join(import.meta.dirname, file);
    const parts = parseTranscript(readFileSync(path, "utf8"));
    const cluster = new Cluster();
    const outputs: string[] = [];
    for (const part of parts) {
      if (part.kind === "text") continue;
      const output = runCommand(cluster, part.value.directive);
      outputs.push(output);
      if (!update)
        assert.equal(output, part.value.expected, `${file}:${part.value.line} ${part.value.directive.command}`);
    }
    assert.ok(outputs.length > 0, "a transcript has commands");
    if (update) writeFileSync(path, renderTranscript(parts, outputs));
  });
}
