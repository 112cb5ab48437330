import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerStep } from "../../../../shared/rpc/gen/objects.ts";
import { stepProcess } from "../../../../worker/executor/container-steps.ts";
import type { OciProcess } from "../../../../worker/runtime/oci-config.ts";

const RIGHTS = { bounding: ["CAP_CHOWN"], effective: [], permitted: [], inheritable: [] };
const own = {
  terminal: true,
  args: ["nginx"],
  env: ["PATH=/bin", "HOME=/root", "COLOR=red"],
  cwd: "/srv",
  user: { uid: 0, gid: 0, umask: 18, additionalGids: [1] },
  capabilities: RIGHTS,
  noNewPrivileges: true,
} as unknown as OciProcess;
const step = (part: Partial<ContainerStep>): ContainerStep => ({
  ...{ command: ["migrate"], user: "", privileged: false, dir: "", env: [] },
  ...part,
});

test("a step is the container's own process with another command, and never a terminal", () => {
  const made = stepProcess(own, step({}), null, ["CAP_ALL"]);
  assert.deepEqual(made, { ...own, terminal: false, args: ["migrate"] });
});

test("what the step says takes the container's place", () => {
  const made = stepProcess(own, step({ dir: "/tmp", env: ["COLOR=blue", "SIZE=1"] }), null, []);
  assert.equal(made.cwd, "/tmp");
  assert.deepEqual(made.env, ["PATH=/bin", "HOME=/root", "COLOR=blue", "SIZE=1"]);
});

test("another user has another home, unless the step says where that is", () => {
  const user = { uid: 33, gid: 34, additionalGids: [35], home: "/var/www" } as never;
  const made = stepProcess(own, step({ user: "www" }), user, []);
  assert.deepEqual(made.user, { uid: 33, gid: 34, umask: 18, additionalGids: [35] });
  assert.deepEqual(made.env, ["PATH=/bin", "COLOR=red", "HOME=/var/www"]);
  assert.ok(stepProcess(own, step({ user: "www", env: ["HOME=/x"] }), user, []).env.includes("HOME=/x"));
});

test("a privileged step has all rights of the host's containers", () => {
  const made = stepProcess(own, step({ privileged: true }), null, ["CAP_SYS_ADMIN"]);
  assert.deepEqual(made.capabilities["effective"], ["CAP_SYS_ADMIN"]);
  assert.equal(made.noNewPrivileges, false);
});
