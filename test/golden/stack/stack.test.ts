/** What Compose files want of the swarm; UPDATE_GOLDEN=1 rewrites the files, whose difference is then reviewed. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { blankRunSpec } from "../../../shared/service-spec/run-spec.ts";
import { translate } from "../../../swarmctl/stack/translate/translate.ts";
import { loadTexts } from "../../support/compose.ts";

const FILES = {
  shop: join(import.meta.dirname, "shop.yaml"),
  visits: join(import.meta.dirname, "../../support/stacks/visits/compose.yaml"),
};
const BLANK = blankRunSpec("") as unknown as Tree;

type Tree = { readonly [key: string]: unknown };

/** Without what a spec that says nothing has as well. */
function said(value: unknown, blank: unknown): unknown {
  if (value instanceof Map) return [...value];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const beside = (blank ?? {}) as Tree;
  const entries = Object.entries(value).filter(([key, each]) => JSON.stringify(each) !== JSON.stringify(beside[key]));
  return Object.fromEntries(entries.map(([key, each]) => [key, said(each, beside[key])]));
}

for (const [name, path] of Object.entries(FILES)) {
  test(`the objects of ${name} are those of the file`, async () => {
    const text = readFileSync(path, "utf8");
    const project = await loadTexts(
      { "/app/compose.yaml": text },
      { projectName: name, environment: { PASSWORD: "open" } },
    );
    const { wanted, faults } = translate(project, name, () => "");
    assert.deepEqual(faults, []);
    const services = wanted.services.map(({ spec, ...rest }) => ({
      ...(said(rest, {}) as Tree),
      spec: said(spec, BLANK),
    }));
    const made = `${JSON.stringify({ ...wanted, services }, null, 2)}\n`;
    const golden = join(import.meta.dirname, `${name}.txt`);
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(golden, made);
    assert.equal(made, readFileSync(golden, "utf8"));
  });
}
