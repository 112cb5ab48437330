/** Words of specs and images in paths and in arguments: refused, or one word in the place that is meant for it. */
import assert from "node:assert/strict";
import { posix } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { SwarmError } from "../../shared/errors.ts";
import { parseImageReference } from "../../shared/image-reference.ts";
import { platformOfHost } from "../../worker/images/pull/manifest.ts";
import { pullCommand } from "../../worker/images/pull-command.ts";
import { planMounts } from "../../worker/volumes/plan-mounts.ts";
import { createMount, testId } from "../support/objects.ts";

const scrap = fc.constantFrom(
  ...["/", "..", ".", "//", "-", "--", ":", ",", "@", "+", "]", "[", " ", "\n", "\0", "\\", "'", "$(x)", "l", "data"],
  ...[
    "nginx",
    "docker.io/",
    "localhost:5000/",
    ":latest",
    "oci:",
    "dir:/etc",
    `@sha256:${"a".repeat(64)}`,
    "a".repeat(25),
  ],
);
const hostile = fc.oneof(
  fc.array(scrap, { maxLength: 6 }).map((parts) => parts.join("")),
  fc.string(),
  fc.string({ unit: "binary" }),
);

/** null = refused with a sentence. */
function unlessRefused<T>(make: () => T): T | null {
  try {
    return make();
  } catch (error) {
    if (error instanceof SwarmError) return null;
    throw error;
  }
}

test("an image is one reference behind skopeo's own words", () => {
  const options = {
    ...{ skopeo: "skopeo", storeRoot: "/data/images", storeRun: "/run/images", registriesConf: "", policy: "" },
    temporaryDirectory: "/data/pulls/1",
    authFile: "",
  };
  const host = platformOfHost("x64");
  let taken = 0;
  fc.assert(
    fc.property(hostile, (text) => {
      const argv = unlessRefused(() => pullCommand(parseImageReference(text), { kind: "registry" }, host, options));
      if (argv === null) return;
      taken++;
      const [source = "", destination = ""] = argv.slice(-2);
      assert.deepEqual(argv.slice(0, -2), [
        "unshare",
        "--mount",
        "skopeo",
        "--tmpdir",
        "/data/pulls/1",
        ...["--override-os", "linux", "--override-arch", "amd64"],
        "copy",
        "--quiet",
      ]);
      const name =
        /^docker:\/\/((?:\w[\w.-]*|\[[0-9a-f:]+\])(?::\d+)?(?:\/\w[\w.-]*)+(?::[\w.-]+)?(?:@sha\d+:[0-9a-f]+)?)$/i;
      assert.match(source, name);
      assert.equal(
        destination,
        `containers-storage:[overlay@/data/images+/run/images]${source.slice("docker://".length)}`,
      );
      assert.ok(!source.split("/").includes(".."));
    }),
    { numRuns: 3_000 },
  );
  assert.ok(taken > 50, `${taken} references`);
});

test("mounts lead to a volume's own directory, and to a place in the container", () => {
  const outcomes = { planned: 0, refused: 0 };
  const mount = fc.record({
    type: fc.constantFrom("VOLUME", "BIND", "TMPFS" as const),
    source: fc.oneof(hostile, fc.constant("data"), fc.constant("/srv")),
    target: fc.oneof(hostile, fc.constant("/data")),
  });
  const request = { key: testId<never>("t1"), volumePath: (name: string) => `/volumes/${name}/_data` };
  fc.assert(
    fc.property(mount, fc.array(hostile, { maxLength: 2 }), (wanted, imageVolumes) => {
      const plan = unlessRefused(() => planMounts({ ...request, mounts: [createMount(wanted)], imageVolumes }));
      outcomes[plan === null ? "refused" : "planned"]++;
      for (const { destination, source, type } of plan?.mounts ?? []) {
        assert.match(destination, /^(?:\/[^/\0]+)+$/);
        assert.equal(posix.normalize(destination), destination);
        assert.doesNotMatch(source, /\0/);
        const isVolume = type === "bind" && plan?.bindSources.every(({ path }) => path !== source) === true;
        if (isVolume) assert.match(source, /^\/volumes\/[a-zA-Z0-9][\w.-]*\/_data$/);
      }
    }),
    { numRuns: 3_000 },
  );
  assert.ok(outcomes.planned > 100 && outcomes.refused > 100, JSON.stringify(outcomes));
});
