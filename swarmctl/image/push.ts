import { parseImageReference, toShortText, withDefaultTag } from "../../shared/image-reference.ts";
import type { Run } from "../cli.ts";
import { imageEngine } from "./engine.ts";
import type { PUSH_OPTIONS } from "./options.ts";

export const run: Run<typeof PUSH_OPTIONS> = async (cli, [ref = ""], flags) => {
  const given = parseImageReference(ref);
  const isQuiet = flags.is("quiet");
  if (!isQuiet && given.tag === null && given.digest === null) cli.output.line("Using default tag: latest");
  await using engine = await imageEngine(cli, flags.text("node"));
  for await (const { status } of engine.images.push({ ref }, { signal: cli.signal })) {
    if (!isQuiet && status !== "") cli.output.line(status);
  }
  if (isQuiet) cli.output.line(toShortText(withDefaultTag(given)));
};
