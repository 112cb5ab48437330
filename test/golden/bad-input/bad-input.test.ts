/**
 * Every flag of `service create` and `service update` with wrong values, and what contradicts itself or what is there:
 * each is refused with one sentence, and changes nothing. The table is service.txt; UPDATE_GOLDEN=1 rewrites it, whose
 * difference is then reviewed.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { longName } from "../../../swarmctl/option-spec.ts";
import { CREATE_OPTIONS, UPDATE_OPTIONS } from "../../../swarmctl/service/spec-options.ts";
import { createNetwork } from "../../support/objects.ts";
import { flagsAmong } from "../../support/service-option-rows.ts";
import { createStackWorld, type StackWorld } from "../../unit/swarmctl/stack/stack-world.ts";
import { CONTRADICTIONS, FORBIDDEN_CHANGES, NEVER_WRONG, WRONG_VALUES } from "./rows.ts";

const PATH = join(import.meta.dirname, "service.txt");
const create = (words: readonly string[]): readonly string[] => ["service", "create", "-d", ...words, "nginx"];

/** A swarm with services and networks of every kind that the rows are about. */
async function world(): Promise<StackWorld> {
  const made = await createStackWorld();
  await made.api.store.update("bootstrap", (tx) => tx.create("network", createNetwork("front")));
  for (const words of [
    ["--name", "web", "-p", "8080:80"],
    ["--name", "db"],
    ["--name", "api", "--depends-on", "db"],
    ["--name", "all", "--mode", "global"],
    ["--name", "job", "--mode", "replicated-job"],
    ["--name", "steps", "--pre-stop", "sync"],
  ]) {
    const { ok, err } = await made.run(...create(words));
    assert.ok(ok, err.join("\n"));
  }
  return made;
}

it("each wrong value and each contradiction is refused with one sentence", async () => {
  await using swarm = await world();
  const before = swarm.versions();
  const lines: string[] = [];
  const refuse = async (words: readonly string[]): Promise<void> => {
    const { ok, err, out } = await swarm.run(...words);
    const shown = words
      .slice(1)
      .filter((word) => word !== "-d")
      .map((word) => (/^[\w./:=@,+-]+$/.test(word) ? word : `'${word.replaceAll("\0", "\\0")}'`));
    lines.push(`${shown.join(" ")}\n    ${err.join("\n    ")}`);
    assert.deepEqual([ok, out], [false, []], `${words.join(" ")} is refused: ${err.join("\n")}`);
    const [sentence = ""] = err;
    // A flag that is not there has a hint where to look.
    const sentences = err.filter((line) => !/^See `swarmctl [a-z ]+ --help`\.$/.test(line));
    assert.equal(sentences.length, 1, `${words.join(" ")}: ${err.join("\n")}`);
    assert.match(sentence, /^Error: [^\n]{10,}$/);
    assert.doesNotMatch(sentence, /internal|undefined|\[object|NaN/);
  };
  for (const words of WRONG_VALUES) await refuse(create(words));
  for (const words of CONTRADICTIONS) await refuse(create(words));
  for (const words of FORBIDDEN_CHANGES) await refuse(words);
  assert.deepEqual(swarm.versions(), before, "nothing was changed");
  const table = `${lines.join("\n")}\n`;
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(PATH, table);
  assert.equal(table, readFileSync(PATH, "utf8"));
});

it("a kind of resource that no node has is taken with a warning: a node may come that has it", async () => {
  await using swarm = await world();
  const { ok, err } = await swarm.run(...create(["--generic-resource", "gpu=1"]));
  assert.deepEqual([ok, err], [true, ["no node has the generic resource gpu: tasks wait until one does"]]);
});

it("there is a wrong value for every flag that can have one", () => {
  const tried = new Set([...WRONG_VALUES, ...CONTRADICTIONS, ...FORBIDDEN_CHANGES].flatMap(flagsAmong));
  const known = [...CREATE_OPTIONS, ...UPDATE_OPTIONS]
    .map(longName)
    // The forms of update say what the plain one says.
    .map((flag) => flag.replace(/-(?:add|rm)$/, (ending) => (flag === "--cap-add" ? ending : "")));
  const missing = [...new Set(known)].filter((flag) => !tried.has(flag) && !NEVER_WRONG.has(flag));
  assert.deepEqual(missing, []);
});
