import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExecStart } from "../../../../shared/rpc/gen/streams.ts";
import { startComplaint } from "../../../../worker/engine/streams/exec-complaint.ts";
import { execProcess } from "../../../../worker/engine/streams/exec-process.ts";
import type { OciProcess } from "../../../../worker/runtime/oci-config.ts";

const OWN: OciProcess = {
  terminal: false,
  user: { uid: 33, gid: 33, additionalGids: [33], umask: 0o022 },
  args: ["nginx"],
  env: ["PATH=/bin", "A=1", "HOME=/var/www"],
  cwd: "/srv",
  capabilities: { bounding: ["CAP_CHOWN"], effective: [], permitted: [], inheritable: [], ambient: [] },
  noNewPrivileges: true,
  rlimits: [],
  oomScoreAdj: 0,
};
const NONE: ExecStart = {
  container: "web.1",
  args: ["sh"],
  env: [],
  user: "",
  workingDir: "",
  privileged: false,
  tty: false,
  size: null,
  attachStdin: false,
  attachStdout: true,
  attachStderr: true,
  detach: false,
  outlives: false,
};
const HOST = new Set(["CAP_CHOWN", "CAP_SYS_ADMIN"]);

test("a further process is the container's own with other words", () => {
  assert.deepEqual(execProcess(OWN, NONE, null, HOST), { ...OWN, args: ["sh"] });
});

test("given variables replace the container's, and a bare key removes one", () => {
  const { env } = execProcess(OWN, { ...NONE, env: ["A=2", "B=x=y", "PATH"] }, null, HOST);
  assert.deepEqual(env, ["A=2", "HOME=/var/www", "B=x=y"]);
});

test("another user brings a home and groups, and nothing of the container's own", () => {
  const user = { uid: 0, gid: 0, additionalGids: [0, 4], home: "/root" };
  const process = execProcess(OWN, { ...NONE, user: "root" }, user, HOST);
  assert.deepEqual(process.user, { uid: 0, gid: 0, additionalGids: [0, 4], umask: 0o022 });
  assert.ok(process.env.includes("HOME=/root"));
});

test("a terminal has its size from the first moment on, and a name", () => {
  const process = execProcess(OWN, { ...NONE, tty: true, size: { rows: 24, columns: 80 } }, null, HOST);
  assert.deepEqual(process.consoleSize, { height: 24, width: 80 });
  assert.ok(process.env.includes("TERM=xterm"));
  assert.equal(
    execProcess(OWN, { ...NONE, tty: true, size: { rows: 0, columns: 70_000 } }, null, HOST).consoleSize,
    undefined,
  );
});

test("a privileged one has all that the host can give", () => {
  const { capabilities, noNewPrivileges } = execProcess(OWN, { ...NONE, privileged: true }, null, HOST);
  assert.deepEqual(capabilities["effective"], ["CAP_CHOWN", "CAP_SYS_ADMIN"]);
  assert.equal(noNewPrivileges, false);
});

const SAID: readonly (readonly [log: string, exitCode: number | null])[] = [
  ['{"msg":"executable file `x` not found in $PATH: No such file or directory","level":"error"}', 127],
  ['{"msg":"open executable: Permission denied","level":"error"}', 126],
  ['{"msg":"a warning","level":"warning"}', null],
  ['{"msg":"the container `0a1b` is paused","level":"error"}', 126],
  ['{"msg":"error opening file `/run/oci/0a1b/status`: No such file or directory","level":"error"}', 126],
  ["not json", null],
  ["", null],
];
for (const [log, exitCode] of SAID) {
  test(`of ${log} comes exit code ${exitCode}`, () => {
    assert.equal(startComplaint(log)?.exitCode ?? null, exitCode);
  });
}
