import assert from "node:assert/strict";
import { test } from "node:test";
import { leftOutPackages } from "../../../scripts/lib/left-out-packages.ts";

const host = { os: "linux", cpu: "x64", libc: "glibc" } as const;
const binary = { version: "1.0.0", optional: true, os: ["linux"], cpu: ["x64"] };
const locked = {
  "": {},
  "node_modules/here": binary,
  "node_modules/missing": { ...binary, libc: ["glibc"] },
  "node_modules/a/node_modules/within": binary,
  "node_modules/musl": { ...binary, libc: ["musl"] },
  "node_modules/arm": { ...binary, cpu: ["arm64"] },
  "node_modules/darwin": { ...binary, os: ["darwin"] },
  "node_modules/needed": { version: "1.0.0", os: ["linux"], cpu: ["x64"] },
  "node_modules/any": { version: "1.0.0", optional: true },
};

test("what is left out is optional, made for this host, and not there", () => {
  assert.deepEqual(
    leftOutPackages(locked, host, (path) => path === "node_modules/here"),
    ["node_modules/missing", "node_modules/a/node_modules/within"],
  );
  assert.deepEqual(
    leftOutPackages(locked, host, () => true),
    [],
  );
});
