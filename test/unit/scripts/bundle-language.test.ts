import assert from "node:assert/strict";
import { test } from "node:test";
import { transform } from "esbuild";
import { LANGUAGE } from "../../../scripts/lib/bundle-language.ts";

const SOURCE = `
export async function firstThatWorks(tries) {
  let last = null;
  for (const attempt of tries) {
    try {
      await using _resource = { async [Symbol.asyncDispose]() {} };
      return await attempt();
    } catch (error) {
      last = error;
    }
  }
  throw last;
}
`;

test("in a bundle, too, a turn of a loop that fails does not fail the next one", async () => {
  const { code } = await transform(SOURCE, { loader: "ts", format: "esm", ...LANGUAGE });
  const module: { firstThatWorks: (tries: readonly (() => Promise<string>)[]) => Promise<string> } = await import(
    `data:text/javascript,${encodeURIComponent(code)}`
  );
  const fails = (): Promise<string> => Promise.reject(new Error("no leader yet"));
  assert.equal(await module.firstThatWorks([fails, async () => "joined"]), "joined");
});
