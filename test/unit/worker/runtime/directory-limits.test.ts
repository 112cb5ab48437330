import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DirectoryLimits } from "../../../../worker/runtime/directory-limits.ts";
import { MemoryProjectQuotas } from "../../../support/memory-project-quotas.ts";

const PLACE = "/data/containers";
const MIB = 1 << 20;

describe("limits of directories", () => {
  const opened = (quotas = new MemoryProjectQuotas()): { quotas: MemoryProjectQuotas; limits: DirectoryLimits } => ({
    quotas,
    limits: new DirectoryLimits({ place: PLACE, hostname: "h1" }, quotas),
  });
  const own = ["/data/containers/a/upper", "/data/containers/a/work"] as const;

  it("hold for several directories together, and after a restart of the daemon", () => {
    const { quotas, limits } = opened();
    limits.limit(own, 5 * MIB);
    const project = quotas.projectOf(own[0]);
    assert.equal(quotas.projectOf(own[1]), project);
    assert.deepEqual(limits.useOf(own[0]), { limitBytes: 5 * MIB, usedBytes: 8192, files: 2 });
    const again = opened(quotas).limits;
    again.limit(own, 6 * MIB);
    assert.equal(quotas.projectOf(own[0]), project, "the same project");
    assert.equal(quotas.limits.size, 1);
    assert.equal(again.useOf(own[0])?.limitBytes, 6 * MIB);
  });

  it("take no number that anybody has, whether it has files or only a limit", () => {
    const { quotas, limits } = opened();
    limits.limit(own, MIB);
    const first = quotas.projectOf(own[0]);
    for (const [files, limit] of [
      [1, 0],
      [0, 7],
    ] as const) {
      const taken = new MemoryProjectQuotas();
      if (files > 0) taken.projectsOf.set("/others", first);
      if (limit > 0) taken.limits.set(first, limit);
      opened(taken).limits.limit(own, MIB);
      assert.equal(taken.projectOf(own[0]), first + 1);
      assert.equal(taken.limits.get(first) ?? 0, limit, "the other's is left alone");
    }
  });

  it("take a directory out of a project of somebody else's", () => {
    const { quotas, limits } = opened();
    quotas.projectsOf.set(own[0], 42);
    assert.equal(limits.useOf(own[0]), null);
    limits.limit(own, MIB);
    assert.notEqual(quotas.projectOf(own[0]), 42);
    assert.equal(quotas.limits.has(42), false);
  });

  it("go with their directories", async () => {
    const { quotas, limits } = opened();
    limits.limit(own, MIB);
    const project = quotas.projectOf(own[0]);
    await limits.removing(own[0], async () => {
      assert.equal(quotas.limits.get(project), MIB, "not before them");
      quotas.forget("/data/containers/a");
    });
    assert.equal(quotas.limits.get(project), 0);
    await limits.removing("/data/containers/b/upper", async () => {});
  });

  it("that a killed daemon left are found, and only they", () => {
    const { quotas, limits } = opened();
    limits.limit(own, MIB);
    limits.limit(["/data/containers/b/upper"], MIB);
    const [kept, left] = [own[0], "/data/containers/b/upper"].map((path) => quotas.projectOf(path));
    quotas.limits.set(42, MIB);
    quotas.forget("/data/containers/b");
    assert.equal(limits.sweep(), 1);
    assert.deepEqual(
      [kept, left, 42].map((project) => quotas.limits.get(project ?? 0)),
      [MIB, 0, MIB],
    );
    assert.equal(limits.sweep(), 0);
  });

  it("are refused where the file system has none, in one sentence that says what to do", () => {
    const { quotas, limits } = opened();
    limits.check("a container's files", "--storage-opt");
    quotas.lack = "is on btrfs that has no project quotas";
    assert.throws(() => limits.check("a container's files", "--storage-opt"), {
      code: "failedPrecondition",
      message:
        "node h1 cannot limit the size of a container's files: /data/containers is on btrfs that has no project " +
        'quotas; mount XFS, or ext4 made with "-O quota,project", there with the option prjquota, or leave out ' +
        "--storage-opt",
    });
  });
});
