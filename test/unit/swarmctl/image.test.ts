import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { DockerIgnore } from "../../../shared/dockerignore.ts";
import type { ImageSummary } from "../../../shared/rpc/gen/images.ts";
import { tarOfFile } from "../../../swarmctl/image/build-context.ts";
import { parsePruneFilters } from "../../../swarmctl/image/prune.ts";
import { imageRows } from "../../../swarmctl/image/row.ts";

const IMAGE: ImageSummary = {
  id: `sha256:${"ab".repeat(32)}`,
  repoTags: ["nginx:1", "reg.example/shop:2"],
  repoDigests: [`nginx@sha256:${"c".repeat(64)}`],
  createdAtMs: 1_000,
  sizeBytes: 142_345_678,
  sharedBytes: 0,
  containers: 2,
  labels: {},
  isIntermediate: false,
  isNeeded: false,
  parentId: "",
};

test(".dockerignore leaves out what Docker's examples say", () => {
  const cases: readonly (readonly [ignore: string, out: readonly string[], kept: readonly string[]])[] = [
    ["*/temp*", ["a/temporary.txt", "a/temp"], ["temp", "a/b/temp"]],
    ["*/*/temp*", ["a/b/temporary"], ["a/temp"]],
    ["temp?", ["tempa", "tempb"], ["temp", "tempab"]],
    ["**/*.go", ["main.go", "a/b/c.go"], ["main.gox"]],
    ["*.md\n!README.md", ["CHANGELOG.md"], ["README.md"]],
    ["*.md\n!README*.md\nREADME-secret.md", ["README-secret.md", "a.md"], ["README.md", "README-x.md"]],
    ["dir\n# comment\n\n", ["dir", "dir/a/b"], ["dirx", "comment"]],
    ["/dir/", ["dir/a"], ["a/dir"]],
    ["dir\n!dir/keep", ["dir/a"], ["dir/keep", "dir/keep/x"]],
    ["a[0-9].txt", ["a1.txt"], ["ax.txt"]],
  ];
  for (const [text, out, kept] of cases) {
    const ignore = new DockerIgnore(text);
    for (const path of out) assert.ok(ignore.leavesOut(path), `${JSON.stringify(text)} leaves ${path} out`);
    for (const path of kept) assert.ok(!ignore.leavesOut(path), `${JSON.stringify(text)} keeps ${path}`);
  }
  assert.ok(new DockerIgnore("dir\n!dir/keep").mayTakeFrom("dir"));
  assert.ok(!new DockerIgnore("dir\n!other/keep").mayTakeFrom("dir"));
});

test("any .dockerignore is understood, or refused with the pattern", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("*", "?", "[", "]", "a", "/", "!", "\\", "-", "\n") }), (text) => {
      try {
        new DockerIgnore(text).leavesOut("a/b");
      } catch (error) {
        assert.match((error as Error).message, /^\.dockerignore: syntax error in pattern "/);
      }
    }),
  );
});

test("a Dockerfile from elsewhere is a tar that tar reads", () => {
  const archive = Buffer.concat([tarOfFile("Dockerfile", Buffer.from("FROM a\n")), Buffer.alloc(1_024)]);
  assert.equal(execFileSync("tar", ["-xO", "Dockerfile"], { input: archive }).toString(), "FROM a\n");
});

test("an image has a row for each name, with the digest of its repository", () => {
  const rows = imageRows(IMAGE, { truncate: true, nowMs: 121_000 });
  assert.deepEqual(
    rows.map(({ Repository, Tag, Digest, ID, Size, CreatedSince }) => [
      Repository,
      Tag,
      Digest,
      ID,
      Size,
      CreatedSince,
    ]),
    [
      ["nginx", "1", `sha256:${"c".repeat(64)}`, "abababababab", "142MB", "2 minutes ago"],
      ["reg.example/shop", "2", "<none>", "abababababab", "142MB", "2 minutes ago"],
    ],
  );
  const [bare] = imageRows({ ...IMAGE, repoTags: [], repoDigests: [] }, { truncate: false, nowMs: 0 });
  assert.deepEqual([bare?.Repository, bare?.Tag, bare?.ID], ["<none>", "<none>", IMAGE.id]);
});

test("filters of prune are those of Docker", () => {
  assert.deepEqual(parsePruneFilters(["until=10m", "label=a", "label!=b=c"], 1_000_000), {
    untilMs: 400_000,
    labels: ["a"],
    labelsNot: ["b=c"],
  });
  assert.throws(() => parsePruneFilters(["dangling=true"], 0), /expected until=TIME/);
});
