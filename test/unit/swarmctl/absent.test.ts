import assert from "node:assert/strict";
import { test } from "node:test";
import { absentCommand, absentOption } from "../../../swarmctl/absent.ts";

test("options that only docker has are refused with the reason, in the command that docker has them in", () => {
  assert.match(absentOption("--kernel-memory", "swarmctl run") ?? "", /^--kernel-memory is not offered: the kernel/);
  assert.match(absentOption("--cpu-count", "swarmctl create") ?? "", /containers of Windows$/);
  assert.match(absentOption("--platform", "swarmctl rmi") ?? "", /an image of a host is for one platform/);
  for (const option of ["--group", "--secret", "--type"]) {
    assert.match(absentOption(option, "swarmctl volume create") ?? "", /there are no cluster volumes/);
    assert.equal(absentOption(option, "swarmctl run"), undefined, "a mistake there, and nothing of volumes");
  }
  assert.equal(absentOption("--nope", "swarmctl run"), undefined);
  assert.match(absentCommand("builder") ?? "", /swarmctl build/);
});
