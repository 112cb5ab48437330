import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_LOG_LIMITS, logLimits } from "../../../shared/objects/log-driver.ts";

const limitsOf = (name: string, options: Record<string, string> = {}) => logLimits({ name, options });

test("a log is kept as the service says, and by default three files of 10 MB", () => {
  assert.deepEqual(logLimits(null), { bytesMax: 10_000_000, filesMax: 3 });
  for (const name of ["", "json-file", "local", "k8s-file"]) assert.deepEqual(limitsOf(name), DEFAULT_LOG_LIMITS);
  assert.deepEqual(limitsOf("local", { "max-size": "1.5m", "max-file": "7" }), { bytesMax: 1_500_000, filesMax: 7 });
  assert.deepEqual(limitsOf("", { mode: "blocking", compress: "false" }), DEFAULT_LOG_LIMITS);
  assert.equal(limitsOf("none"), null);
});

test("sizes are read as Docker reads those of logs", () => {
  const bytes = (size: string) => limitsOf("", { "max-size": size })?.bytesMax;
  assert.deepEqual(
    ["10m", "10M", "10mb", "10 MB", "10MiB", "1k", "2g", "5000", "5000b"].map(bytes),
    [10e6, 10e6, 10e6, 10e6, 10e6, 1e3, 2e9, 5e3, 5e3],
  );
});

test("one file is two halves, since one alone begins empty whenever it is full", () => {
  assert.deepEqual(limitsOf("", { "max-file": "1", "max-size": "1m" }), { bytesMax: 500_000, filesMax: 2 });
});
