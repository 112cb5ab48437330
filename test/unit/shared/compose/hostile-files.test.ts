// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose files look like that.
/** Files that are small and mean much end at a limit, and large ones are read in a time that grows with them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ComposeError } from "../../../../shared/compose/compose-error.ts";
import { loadTexts } from "../../../support/compose.ts";

const MANY = 4000;
const services = (of: (at: number) => string) => {
  return `services:\n${Array.from({ length: MANY }, (_, at) => `  s${at}: {image: x, ${of(at)}}`).join("\n")}\n`;
};

describe("hostile files", () => {
  it("may have thousands of services in a row of dependencies", async () => {
    const text = services((at) => `depends_on: [${at + 1 < MANY ? `s${at + 1}` : ""}]`);
    assert.equal((await loadTexts({ "compose.yaml": text })).services.size, MANY);
  });

  it("are refused when thousands wait for each other", async () => {
    const text = services((at) => `depends_on: [s${(at + 1) % MANY}]`);
    await assert.rejects(
      loadTexts({ "compose.yaml": text }),
      /services\.s0\.depends_on: services wait for each other: "s0", "s1"/,
    );
  });

  const refused: readonly (readonly [string, string, RegExp])[] = [
    [
      "ranges of ports",
      services(() => "ports: ['1-100']"),
      /compose.yaml:\d+: .*: the ranges of the file stand for more than 10000 ports/,
    ],
    [
      "a long text behind an anchor",
      `x-a: &a "${"x".repeat(1_000_000)}"\n${services(() => "hostname: *a")}`,
      /stands for more than 16777216 characters, aliases counted at each use/,
    ],
    ["variables", `${services(() => "hostname: '${LONG}'")}`, /over 16777216 characters with its variables filled in/],
    ["services that extend each other in a row", services((at) => `extends: s${at + 1}`), /more than 50 in a row/],
  ];
  for (const [claim, text, sentence] of refused) {
    it(`are refused for ${claim}`, async () => {
      await assert.rejects(
        loadTexts({ "compose.yaml": text }, { environment: { LONG: "x".repeat(20_000) } }),
        (error: Error) => error instanceof ComposeError && sentence.test(error.message),
      );
    });
  }

  it("that include each other's neighbours in a row are refused", async () => {
    const files = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [`f${at}.yaml`, `include: [f${at + 1}.yaml]`]),
    );
    await assert.rejects(loadTexts(files, { files: ["f0.yaml"] }), /more than 20 files include each other in a row/);
  });
});
