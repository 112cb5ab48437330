import { SwarmError } from "../../shared/errors.ts";
import type { Run } from "../cli.ts";
import { imageEngine } from "./engine.ts";
import type { SAVE_OPTIONS } from "./options.ts";

export const run: Run<typeof SAVE_OPTIONS> = async (cli, refs, flags) => {
  const files = await cli.openBulkFiles();
  const path = flags.text("output") ?? "-";
  if (path === "-" && files.stdoutIsTerminal) {
    throw new SwarmError("invalidArgument", "cowardly refusing to save to a terminal. Use the -o flag or redirect");
  }
  await using engine = await imageEngine(cli, flags.text("node"));
  const answers = engine.images.save({ refs }, { signal: cli.signal });
  // Nothing is written for an image that is not there.
  const first = await answers[Symbol.asyncIterator]().next();
  if (first.done === true) return;
  const { value } = first;
  await files.write(path, dataOf(value.data, answers));
};

async function* dataOf(
  first: Uint8Array,
  rest: AsyncIterable<{ readonly data: Uint8Array }>,
): AsyncGenerator<Uint8Array> {
  yield first;
  for await (const { data } of rest) yield data;
}
