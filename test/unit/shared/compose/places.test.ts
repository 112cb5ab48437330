import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ComposeProject, pathKey, placeOf } from "../../../../shared/compose/project.ts";

describe("places of a project", () => {
  const mode = { file: "compose.yaml", line: 7 };
  const project: Pick<ComposeProject, "places"> = {
    places: new Map([
      [pathKey(["services", "web.app"]), { file: "compose.yaml", line: 2 }],
      [pathKey(["services", "web.app", "deploy", "mode"]), mode],
    ]),
  };

  it("finds where a key was written", () => {
    assert.deepEqual(placeOf(project, "services", "web.app", "deploy", "mode"), mode);
  });

  it("finds the nearest thing around what was not written", () => {
    assert.equal(placeOf(project, "services", "web.app", "deploy", "replicas")?.line, 2);
  });

  it("keeps names with dots apart from paths", () => {
    assert.equal(placeOf(project, "services", "web", "app", "deploy"), null);
  });
});
