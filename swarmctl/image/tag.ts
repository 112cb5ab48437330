import type { Run } from "../cli.ts";
import { imageEngine } from "./engine.ts";
import type { TAG_OPTIONS } from "./options.ts";

export const run: Run<typeof TAG_OPTIONS> = async (cli, [ref = "", name = ""], flags) => {
  await using engine = await imageEngine(cli, flags.text("node"));
  await engine.images.tag({ ref, name }, { signal: cli.signal });
};
