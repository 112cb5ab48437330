import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { contentsAmong, NEEDED_KINDS, TASK_NEEDS } from "../../../shared/objects/task-needs.ts";
import {
  createConfig,
  createContainerSpec,
  createLogin,
  createSecret,
  createService,
  createTask,
  createTaskSpec,
} from "../../support/objects.ts";
import { viewOf } from "../../support/view.ts";

/** What works on assignments whatever they are: a new kind that tasks need must not be a change here. */
const IN_GENERAL = [
  "manager/dispatcher/wanted-assignments.ts",
  "manager/dispatcher/assignment-diff.ts",
  "worker/agent/assignment-set.ts",
];

for (const path of IN_GENERAL) {
  test(`${path} names no kind that tasks need`, () => {
    const code = readFileSync(path, "utf8").replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    for (const kind of NEEDED_KINDS) assert.doesNotMatch(code, new RegExp(String.raw`\b${kind}s?\b`, "i"));
  });
}

test("a task needs the secrets and configs of its container, and the login that counts for its image", () => {
  const [secret, config] = [createSecret("key", "planted"), createConfig("site")];
  const reference = (sourceId: string) => ({ sourceId, sourceName: "x", target: "x", uid: 0, gid: 0 });
  const container = createContainerSpec({ secrets: [reference(secret.id)], configs: [reference(config.id)] });
  const task = createTask("t1", createService("web"), { spec: createTaskSpec({ container }) });
  const logins = ["docker.io", "docker.io/library", "docker.io/lib"].map((name) => createLogin(name));
  assert.deepEqual(
    NEEDED_KINDS.map((kind) => TASK_NEEDS[kind].idsOf(task, viewOf({ logins }))),
    [[secret.id], [config.id], [logins[1]?.id]],
  );
  assert.equal(TASK_NEEDS.secret.bytesOf(secret), "planted".length);
  const needed = { secret: new Map([[secret.id, secret]]), config: new Map([[config.id, config]]) };
  assert.deepEqual([...contentsAmong(needed).values()], [secret, config]);
});
