import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TaskId } from "../../../../shared/ids.ts";
import type { Mount } from "../../../../shared/rpc/gen/objects.ts";
import { flatFiles, type MountPlan, planMounts } from "../../../../worker/volumes/plan-mounts.ts";
import { createMount, testId } from "../../../support/objects.ts";

const taskId = testId<TaskId>("t1");
const mount = createMount;
const plan = (mounts: readonly Mount[], imageVolumes: readonly string[] = []): MountPlan =>
  planMounts({ key: taskId, mounts, imageVolumes, volumePath: (name) => `/v/${name}` });

describe("mounts of a container", () => {
  it("are bind mounts of paths and volumes, and tmpfs", () => {
    const { mounts, volumes, bindSources } = plan([
      mount({ type: "BIND", source: "/etc/ssl", target: "/ssl", readOnly: true }),
      mount({ source: "site", target: "/srv" }),
      mount({ target: "/anonymous" }),
      mount({ type: "TMPFS", target: "/tmp", tmpfsSizeBytes: 4096, tmpfsMode: 0o700 }),
    ]);
    const lines = mounts.map(({ destination, type, source, options }) =>
      [destination, type, source, ...options].join(" "),
    );
    assert.deepEqual(lines, [
      "/ssl bind /etc/ssl rbind rprivate rro",
      "/srv bind /v/site rbind rprivate rw",
      `/anonymous bind /v/${taskId}-2 rbind rprivate rw`,
      "/tmp tmpfs tmpfs nosuid nodev noexec rw mode=700 size=4096",
    ]);
    const plain = { subpath: "", isFilled: true, wanted: { options: {}, labels: {} } };
    assert.deepEqual(structuredClone(volumes), [
      { name: "site", target: "/srv", isAnonymous: false, ...plain },
      { name: `${taskId}-2`, target: "/anonymous", isAnonymous: true, ...plain },
    ]);
    assert.deepEqual(bindSources, [{ path: "/etc/ssl", target: "/ssl", propagation: "private", isMade: false }]);
  });

  it("of files are read-only as they are, since nothing is mounted below them", () => {
    const both = plan([
      mount({ type: "BIND", source: "/a/file", target: "/f", readOnly: true }),
      mount({ type: "BIND", source: "/a/directory", target: "/d", readOnly: true }),
    ]);
    const [directory, file] = flatFiles(both.mounts, new Set(["/a/file"])).toSorted((a, b) =>
      a.destination.localeCompare(b.destination),
    );
    assert.deepEqual(file?.options, ["rbind", "rprivate", "ro"]);
    assert.deepEqual(directory?.options, ["rbind", "rprivate", "rro"]);
  });

  it("have the options that their type has in Docker", () => {
    const options = (part: Partial<Mount>): string => plan([mount(part)]).mounts[0]?.options.join(" ") ?? "";
    const bind = { type: "BIND", source: "/srv" } as const;
    assert.equal(options({ ...bind, bindPropagation: "RSLAVE" }), "rbind rslave rw");
    assert.equal(options({ ...bind, bindPropagation: "SHARED", readOnly: true }), "rbind shared rro");
    assert.equal(options({ ...bind, bindPropagation: "RSHARED", bindRecursive: "DISABLED" }), "bind shared rw");
    assert.deepEqual(plan([mount({ ...bind, bindPropagation: "SLAVE" })]).bindSources, [
      { path: "/srv", target: "/data", propagation: "slave", isMade: false },
    ]);
    const memory = options({ type: "TMPFS", tmpfsOptions: ["noexec", "exec"] });
    assert.equal(memory, "nosuid nodev exec rw mode=1777");
    const wanted = { options: { type: "tmpfs", device: "x" }, labels: { a: "b" } };
    const { volumes } = plan([
      mount({
        ...{ source: "v", volumeNoCopy: true, volumeSubpath: "a/b" },
        ...{ volumeOptions: wanted.options, volumeLabels: wanted.labels },
      }),
    ]);
    assert.deepEqual(structuredClone(volumes), [
      { name: "v", target: "/data", isAnonymous: false, subpath: "a/b", isFilled: false, wanted },
    ]);
  });

  it("come parents first, however they are listed and spelled", () => {
    const targets = ["/a/b/c", "/a//b/", "/z", "/a"].map((target) => mount({ type: "TMPFS", target }));
    assert.deepEqual(
      plan(targets).mounts.map(({ destination }) => destination),
      ["/z", "/a", "/a/b", "/a/b/c"],
    );
  });

  it("have an anonymous volume where the image declares one and the service mounts nothing", () => {
    const { volumes } = plan([mount({ source: "site", target: "/srv/" })], ["/srv", "/var/cache"]);
    assert.deepEqual(
      volumes.map(({ target, isAnonymous }) => [target, isAnonymous]),
      [
        ["/srv", false],
        ["/var/cache", true],
      ],
    );
  });

  it("have one volume where the image declares a place in several spellings, relative ones from the root", () => {
    const { volumes } = plan([], ["/data", "/data/", "data", "/x/../data", "/../../up"]);
    assert.deepEqual(
      volumes.map(({ target }) => target),
      ["/data", "/up"],
    );
    for (const path of ["/", "..", "/a\0b"]) assert.throws(() => plan([], [path]), /the image declares a volume at/);
  });

  it("have the same names at every attempt", () => {
    assert.deepEqual(plan([mount({})], ["/x"]), plan([mount({})], ["/x"]));
  });

  const refused = [
    ["a relative target", mount({ target: "data" }), /mount target "data" is not an absolute path/],
    ["the root", mount({ target: "//" }), /cannot have the target \//],
    ["a target that climbs", mount({ target: "/a/../b" }), /must not contain "\.\."/],
    ["a relative source", mount({ type: "BIND", source: "etc" }), /mount source "etc" is not an absolute path/],
    ["a volume name that is a path", mount({ source: "../../etc" }), /volume name "\.\.\/\.\.\/etc" must begin/],
    [
      "a name of another task's volume",
      mount({ source: `${"a".repeat(25)}-0` }),
      /the form of another task's own volume/,
    ],
  ] as const;
  for (const [title, wanted, sentence] of refused) {
    it(`are refused for ${title}`, () => assert.throws(() => plan([wanted]), sentence));
  }

  it("are refused when two have one target", () => {
    assert.throws(() => plan([mount({ target: "/a" }), mount({ target: "/a/" })]), /two mounts have the target \/a/);
  });
});
