import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreTools } from "../../../../worker/images/store-tools.ts";
import type { CommandRunner } from "../../../../worker/ports/command-runner.ts";

const OPTIONS = { skopeo: "skopeo", buildah: "buildah", storeRoot: "/s", storeRun: "/r", registriesConf: "" };
const GONE = `time="2026-01-02T03:04:05Z" level=fatal msg="committing the finished image: layer not known"\n`;

/** Tools whose program fails with these words, one a run, and then succeeds. */
function failing(...complaints: readonly string[]) {
  let runs = 0;
  const run: CommandRunner["run"] = async () => {
    const stderr = complaints[runs++] ?? "";
    return { exitCode: stderr === "" ? 0 : 1, stdout: "", stderr };
  };
  return { tools: new StoreTools(OPTIONS, { run } as CommandRunner), runs: () => runs };
}

test("a copy whose layer was removed meanwhile is made again, three times at most, and no other failure is", async () => {
  const once = failing(GONE);
  await once.tools.copy("dir:/x", "there");
  assert.equal(once.runs(), 2);
  const always = failing(GONE, GONE, GONE, GONE);
  await assert.rejects(always.tools.copy("dir:/x", "there"), { code: "internal", message: /layer not known/ });
  assert.equal(always.runs(), 3);
  const other = failing("Error: no");
  await assert.rejects(other.tools.copy("dir:/x", "there"), /no/);
  assert.equal(other.runs(), 1);
});
