import type { Run } from "../cli.ts";
import { imageEngine, LONG_CALL_MS } from "../image/engine.ts";
import { usageError } from "../parse/usage.ts";
import type { COMMIT_OPTIONS } from "./options.ts";

export const run: Run<typeof COMMIT_OPTIONS> = async (cli, [container = "", name = "", ...more], flags) => {
  if (more.length > 0) throw usageError("`commit` takes a container and at most one NAME[:TAG]");
  await using engine = await imageEngine(cli, flags.text("node"));
  const request = {
    ...{ container, name, changes: flags.list("change") },
    author: flags.text("author") ?? "",
    message: flags.text("message") ?? "",
    noPause: flags.switched("pause") === false,
  };
  const { id } = await engine.images.commit(request, { signal: cli.signal, timeoutMs: LONG_CALL_MS });
  cli.output.line(id);
};
