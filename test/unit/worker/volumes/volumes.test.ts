import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TaskId } from "../../../../shared/ids.ts";
import { Volumes } from "../../../../worker/volumes/volumes.ts";
import { MemoryHostFiles } from "../../../support/memory-host-files.ts";
import { testId } from "../../../support/objects.ts";

const taskId = testId<TaskId>("t1");
const use = (name: string) => ({ name, target: "/data", isAnonymous: false });

describe("volumes", () => {
  it("are made where they are missing, and told apart by whether they hold something", async () => {
    const files = new MemoryHostFiles({ "/volumes/full/_data/x": "1" });
    const volumes = new Volumes({ directory: "/volumes", hostname: "h1" }, files);
    assert.deepEqual(await volumes.ensure([use("full"), use("fresh")]), [use("fresh")]);
    assert.equal(await files.kindOf("/volumes/fresh/_data"), "directory");
    assert.deepEqual(await volumes.ensure([use("fresh")]), [use("fresh")], "still empty: fill it again");
  });

  it("go with the task only when they were made for it", async () => {
    const files = new MemoryHostFiles({ [`/volumes/${taskId}-0/_data/x`]: "1", "/volumes/site/_data/x": "1" });
    const volumes = new Volumes({ directory: "/volumes", hostname: "h1" }, files);
    await volumes.removeAnonymous(taskId);
    assert.deepEqual(await files.list("/volumes"), ["site"]);
  });

  it("name the bind source and the node where a source is missing", async () => {
    const volumes = new Volumes({ directory: "/volumes", hostname: "h1" }, new MemoryHostFiles({ "/here/x": "" }));
    await volumes.checkBindSources(["/here", "/here/x"]);
    await assert.rejects(volumes.checkBindSources(["/here", "/gone"]), {
      message: "bind mount source /gone does not exist on node h1",
      code: "failedPrecondition",
    });
  });
});
