import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { compare, type Result } from "../../../scripts/oracles/dockerd/compare.ts";
import { masked, operationOf } from "../../../scripts/oracles/dockerd/mask.ts";
import { KnownDifferences, readScript } from "../../../scripts/oracles/dockerd/script.ts";
import { ShapeBook, shapeDifferences } from "../../../scripts/oracles/dockerd/shapes.ts";

const WORDS = { name: "host1", address: "10.77.0.1", directory: "/tmp/x/ours" };
const DOCKERD = join(import.meta.dirname, "../../../scripts/oracles/dockerd");

describe("of what two daemons say", () => {
  test("only ids, times, sizes and names of hosts are masked", () => {
    const shown = `${"a1".repeat(32)} 1a2b3c4d5e6f  12MB   Up 3 seconds (healthy)
2026-11-30T02:11:22.123456789Z sha256:${"0f".repeat(32)} host1 10.77.0.1:2377 /tmp/x/ours/f host12   `;
    assert.equal(
      masked(shown, WORDS),
      "ID ID  SIZE  Up AGO (healthy)\nTIME DIGEST HOST ADDRESS:2377 DIRECTORY/f host12",
    );
    for (const text of ["web.1 Running 2/2", "exit code 12", "deadbeef", "255.255.255.0/24", "abcdefghijkl"]) {
      assert.equal(masked(text, WORDS), text);
    }
  });

  test("an operation is known by its path, whatever the names in it", () => {
    for (const [method, target, operation] of [
      ["GET", "/v1.50/containers/web/json?size=1", "GET /containers/{}/json"],
      ["GET", "/containers/json?all=1", "GET /containers/json"],
      ["GET", "/v1.50/images/a.example/b/c:1/json", "GET /images/{}/json"],
      ["DELETE", "/v1.50/images/a/b", "DELETE /images/{}"],
      ["POST", "/v1.50/services/web/update?version=1", "POST /services/{}/update"],
      ["GET", "/v1.50/swarm", "GET /swarm"],
      ["POST", "/v1.50/exec/1f/start", "POST /exec/{}/start"],
    ] as const) {
      assert.equal(operationOf(method, target), operation);
    }
  });

  test("keys that are missing, added or of another type are told, and nothing below what is empty", () => {
    const shapeOf = (...values: readonly unknown[]) => {
      const book = new ShapeBook();
      for (const value of values) book.note("GET /x", value);
      return book.of("GET /x") ?? new Map();
    };
    const theirs = shapeOf({ a: 1, list: [{ b: "" }], none: null, deep: { c: 1 }, many: [1] });
    const ours = shapeOf({ a: "1", list: [{}], none: [], more: true, many: [] });
    assert.deepEqual(shapeDifferences(theirs, ours), [
      "a number, here string",
      "deep missing",
      "list[].b missing",
      "more added",
      "none null, here array",
    ]);
    assert.deepEqual(shapeDifferences(theirs, theirs), []);
    assert.deepEqual(shapeDifferences(shapeOf({ a: null }, { a: [] }), shapeOf({ a: [] }, { a: null })), []);
  });

  test("each command passes, or fails in its exit code, its output, or what was asked of the daemon", () => {
    const result = (parts: Partial<Result>): Result => ({ exitCode: 0, output: "", exchanges: [], ...parts });
    const asked = (status: number, json: unknown = {}) => ({ operation: "GET /x", status, json });
    const { outcomes } = compare([
      { command: "same", theirs: result({}), ours: result({}) },
      // Who waits asks as often as it takes.
      {
        command: "waits",
        theirs: result({ exchanges: [asked(200), asked(200)] }),
        ours: result({ exchanges: [asked(200)] }),
      },
      {
        command: "all",
        theirs: result({ exchanges: [asked(200, { a: 1 })] }),
        ours: result({ exitCode: 1, output: "x" }),
      },
    ]);
    assert.deepEqual(
      outcomes.map(({ test: line, how }) => `${how} ${line}`),
      [
        "passed same",
        "passed waits",
        "failed exit: all",
        "failed output: all",
        "failed requests: all",
        "failed keys: GET /x: a missing",
      ],
    );
  });

  test("what is known has a reason, and what no longer differs is told", () => {
    const known = new KnownDifferences(
      "# words\n= faster\nexit: a\noutput: docker x *\n= slower\nkeys: GET /x: b missing\n",
    );
    assert.equal(known.reasonOf("exit: a"), "faster");
    assert.equal(known.reasonOf("output: docker x --all"), "faster");
    assert.equal(known.reasonOf("output: docker xyz"), null);
    assert.deepEqual(known.unused(), ["keys: GET /x: b missing"]);
  });
});

test("the script has at least 150 commands, and every known difference a reason and a command of the script", () => {
  const steps = readScript(readFileSync(join(DOCKERD, "script.txt"), "utf8"));
  assert.ok(steps.length >= 150);
  const commands = new Set(steps.map(({ command }) => command));
  let reason = "";
  for (const line of readFileSync(join(DOCKERD, "known.txt"), "utf8").split("\n")) {
    if (line.startsWith("= ")) reason = line.slice(2);
    const [, command = ""] = /^(?:exit|output|requests): (.*)$/.exec(line) ?? [];
    if (command === "") continue;
    assert.ok(reason.length > 10, `${line} has no reason`);
    assert.ok(command.endsWith(" *") || commands.has(command), `${line} is of no command of the script`);
  }
});

test("the reasons of both lists of known differences stand in docs/docker-differences.md, in their order", () => {
  const lists = [join(DOCKERD, "known.txt"), join(DOCKERD, "../swagger/known.txt")];
  const reasons = lists.flatMap((path) =>
    readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("= "))
      .map((line) => line.slice(2)),
  );
  const section = [...new Set(reasons)].map((reason) => `- ${reason}`).join("\n");
  const path = join(import.meta.dirname, "../../../docs/docker-differences.md");
  const page = readFileSync(path, "utf8");
  const [before = "", told = ""] = page.split(`${HEADING}\n\n`);
  assert.notEqual(told, "", `the page has no section ${HEADING}`);
  const [words = ""] = told.split("\n\n");
  const wanted = `${before}${HEADING}\n\n${words}\n\n${section}\n`;
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, wanted);
  else assert.equal(page, wanted);
});

const HEADING = "## Reasons, as the comparison knows them";
