/** What is checked of the code without running it. */
import { globSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../lab-parts/names.ts";
import { type Job, OTHER_S } from "./plan.ts";

/** Each by our Node: "#!/usr/bin/env node" finds the distribution's, which is too old for some of them. */
const NODE = process.execPath;
const KNIP = ["--production", "--include", "exports,types,files", "--no-config-hints"];

export function checks(costs: ReadonlyMap<string, number>): readonly Job[] {
  const scripts = globSync(["scripts/{setup,build,install,quickstart,test,lab,bench,sim}", "scripts/*/*.sh"], {
    cwd: ROOT,
  });
  const commands: Readonly<Record<string, readonly string[]>> = {
    "generated code is fresh": [join(ROOT, "scripts/test-parts/generated-is-fresh.sh"), NODE],
    "types (tsc)": [NODE, "node_modules/.bin/tsc", "--noEmit"],
    "lint and format (biome)": [NODE, "node_modules/.bin/biome", "check", "."],
    "house rules (tidy)": [NODE, "scripts/tidy.ts"],
    "no export that nothing uses, or only tests (knip)": [NODE, "node_modules/.bin/knip", ...KNIP],
    "shell scripts parse": ["bash", "-c", `for script; do bash -n "$script" || exit; done`, "check", ...scripts],
  };
  return Object.entries(commands).map(([name, command]) => ({
    suite: "checks",
    name,
    files: [],
    command,
    seconds: costs.get(name) ?? OTHER_S,
    isOfTime: false,
  }));
}
