/** Files of projects, and the one file that says the same: expected.yaml beside them. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { projectAsYaml } from "../../../shared/compose/canonical-yaml.ts";
import { loadProject } from "../../../shared/compose/load-project.ts";
import type { ComposeProject } from "../../../shared/compose/project.ts";
import { service } from "../../../shared/compose/service-kind.ts";

async function load(name: string): Promise<ComposeProject> {
  const directory = join(import.meta.dirname, name);
  const request = { files: [], projectDirectory: null, projectName: null, profiles: [], envFiles: null };
  const environment = new Map([
    ["HOME", "/home/me"],
    ["SHOP_KEY", "key"],
  ]);
  // As if everything lay in /project, so that what is expected holds on any machine.
  const read = async (path: string) => {
    if (!path.startsWith("/project")) return null;
    try {
      return readFileSync(path.replace("/project", directory), "utf8");
    } catch {
      return null;
    }
  };
  return await loadProject({ ...request, workingDirectory: "/project", environment }, { read });
}

describe("projects in one file", () => {
  for (const name of ["shop", "everything"]) {
    it(name, async () => {
      const file = join(import.meta.dirname, name, "expected.yaml");
      const yaml = projectAsYaml(await load(name));
      if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, yaml);
      assert.equal(yaml, readFileSync(file, "utf8"));
    });
  }

  it("everything has every key of a service", async () => {
    const project = await load("everything");
    const keys = new Set([...project.services.values()].flatMap((service) => [...service.keys]));
    assert.deepEqual(
      service.keys.filter((key) => !keys.has(key) && key !== "extends"),
      [],
    );
  });
});
