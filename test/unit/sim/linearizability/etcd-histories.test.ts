import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { checkHistory } from "../../../sim/linearizability/check.ts";
import { plainRegister } from "../../../sim/linearizability/register.ts";
import { parseJepsenLog } from "./jepsen-log.ts";

/**
 * Histories of etcd under Jepsen with known verdicts, from Porcupine (MIT). They are not part of this repository:
 * $PORCUPINE_TESTDATA names their folder (with exp.txt and data/ in it).
 */
const data =
  process.env["PORCUPINE_TESTDATA"] ?? join(import.meta.dirname, "../../../../../shared/reference/porcupine-testdata");
const skip = existsSync(data) ? false : "the histories are not at hand; set PORCUPINE_TESTDATA to their folder";

test("every history of etcd with a known verdict gets that verdict", { skip }, () => {
  const expected = readFileSync(join(data, "exp.txt"), "utf8").trim().split("\n");
  assert.equal(expected.length, 102);
  for (const line of expected) {
    const [number = "", verdict = ""] = line.split(",").map((part) => part.trim());
    const file = `etcd_${number.padStart(3, "0")}.log`;
    const history = parseJepsenLog(readFileSync(join(data, "data/jepsen", file), "utf8"));
    assert.ok(history.length > 0, `${file} holds operations`);
    const { verdict: found } = checkHistory(plainRegister, history, ({ key }) => key);
    assert.equal(found, verdict === "true" ? "ok" : "illegal", file);
  }
});
