import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LayerCheck, parseFindings } from "../../../../worker/images/layer-check.ts";
import type { CommandResult } from "../../../../worker/ports/command-runner.ts";
import { MemoryHostFiles } from "../../../support/memory-host-files.ts";

const NEVER = new AbortController().signal;
const NOTE = "/overlay/top/swarm-checked.json";

function setUp(answer: Partial<CommandResult>) {
  const files = new MemoryHostFiles();
  const looked: (string | undefined)[] = [];
  const run = async (argv: readonly string[]): Promise<CommandResult> => {
    looked.push(argv.at(-1));
    return { exitCode: 0, stdout: "", stderr: "", ...answer };
  };
  return { files, looked, check: new LayerCheck("/overlay", { files, commands: { run } }) };
}

describe("layers of images", () => {
  it("are looked through once, by however many images and daemons", async () => {
    const { check, files, looked } = setUp({});
    await Promise.all([check.check("a", ["top", "base"], NEVER), check.check("b", ["top"], NEVER)]);
    await check.check("c", ["top", "base"], NEVER);
    assert.deepEqual(looked.sort(), ["/overlay/base/diff", "/overlay/top/diff"]);
    files.put(NOTE, '{"formatVersion":99}');
    await check.check("c", ["top"], NEVER);
    assert.equal(looked.length, 3, "what another version noted is looked at again");
  });

  it("are refused by name and place, and again without looking", async () => {
    const stdout = "# file: /overlay/top/diff/a\ntrusted.overlay.redirect\n\n";
    const { check, looked } = setUp({ stdout });
    const refusal = {
      code: "failedPrecondition",
      message: /image a is refused: .* trusted\.overlay\.redirect at \/a,/,
    };
    await assert.rejects(check.check("a", ["top"], NEVER), refusal);
    await assert.rejects(check.check("a", ["top"], NEVER), refusal);
    assert.equal(looked.length, 1);
  });

  it("are not used unchecked", async () => {
    const missing = setUp({ exitCode: 127 });
    await assert.rejects(missing.check.check("a", ["top"], NEVER), /getfattr is not installed .* package attr/);
    const broken = setUp({ exitCode: 1, stderr: "getfattr: /overlay/top/diff: Input/output error\nmore" });
    await assert.rejects(broken.check.check("a", ["top"], NEVER), /cannot check image a: getfattr: .* error$/);
    assert.equal(await broken.files.readText(NOTE), null);
  });

  const LISTINGS: readonly (readonly [title: string, listing: string, finding: string | null])[] = [
    ["nothing", "", null],
    ["what the store itself writes", "# file: /d/etc\ntrusted.overlay.opaque\n\n", null],
    ["the root", "# file: /d\ntrusted.overlay.metacopy\n\n", "/ trusted.overlay.metacopy"],
    ["a user's attribute", "# file: /d/x\\012y\nuser.overlay.opaque\n", "/x\\012y user.overlay.opaque"],
    [
      "one behind an allowed one",
      "# file: /d/a\ntrusted.overlay.opaque\ntrusted.overlay.origin\n",
      "/a trusted.overlay.origin",
    ],
    ["one that only begins so", "# file: /d/a\ntrusted.overlay.opaque\\012x\n", "/a trusted.overlay.opaque\\012x"],
  ];
  for (const [title, listing, expected] of LISTINGS) {
    it(`have findings: ${title}`, () => {
      const finding = parseFindings(listing, "/d");
      assert.equal(finding === null ? null : `${finding.path} ${finding.attribute}`, expected);
    });
  }
});
