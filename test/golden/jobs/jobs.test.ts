/** What is decided about jobs; UPDATE_GOLDEN=1 rewrites the file, whose difference is then reviewed. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseTranscript, renderTranscript } from "../transcript.ts";
import { World } from "./world.ts";

const FILE = join(import.meta.dirname, "jobs.txt");

test("the decisions about jobs are those of the transcript", async () => {
  const parts = parseTranscript(readFileSync(FILE, "utf8"));
  const outputs: string[] = [];
  let world = new World();
  for (const part of parts) {
    if (part.kind === "text") continue;
    const { directive, expected, line } = part.value;
    if (directive.command === "nodes") world = new World();
    const output = await world.run(directive);
    outputs.push(output);
    if (process.env["UPDATE_GOLDEN"] !== "1") assert.equal(output, expected, `line ${line}: ${directive.command}`);
  }
  assert.ok(outputs.length > 0, "the transcript has commands");
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(FILE, renderTranscript(parts, outputs));
});
