/** What the command line is made of: each start pays for it (docs/decisions/0017). */
import { strict as assert } from "node:assert";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { LANGUAGE } from "../../../scripts/lib/bundle-language.ts";

const ROOT = join(import.meta.dirname, "../../..");
const HEAVY = /node_modules\/(protobufjs|@protobufjs|@grpc)\//;

test("no command of the command line loads gRPC or the daemon's library for messages", async () => {
  const { metafile } = await build({
    entryPoints: [join(ROOT, "swarmctl/main.ts")],
    ...{ bundle: true, platform: "node", format: "cjs", metafile: true, write: false, ...LANGUAGE },
    absWorkingDir: ROOT,
    mainFields: ["module", "main"],
    define: { "import.meta.dirname": "__dirname" },
    logLevel: "silent",
  });
  const inputs = Object.keys(metafile.inputs);
  assert.ok(inputs.includes("swarmctl/service/create.ts"), "commands are in the bundle");
  assert.deepEqual(
    inputs.filter((path) => HEAVY.test(path)),
    [],
  );
});
