import { sendAll } from "../../shared/rpc/send-all.ts";
import type { Run } from "../cli.ts";
import { usageError } from "../parse/usage.ts";
import { imageEngine } from "./engine.ts";
import type { IMPORT_OPTIONS } from "./options.ts";

export const run: Run<typeof IMPORT_OPTIONS> = async (cli, [source = "", name = "", ...more], flags) => {
  if (more.length > 0) throw usageError("`import` takes FILE|- and at most one NAME[:TAG]");
  if (/^https?:/.test(source)) throw usageError(`fetch ${source} first: curl -L URL | swarmctl import - NAME`);
  const files = await cli.openBulkFiles();
  const header = {
    name,
    changes: flags.list("change"),
    message: flags.text("message") ?? "",
    platform: flags.text("platform") ?? "",
  };
  async function* messages() {
    yield { header };
    for await (const data of files.read(source)) yield { data };
  }
  await using engine = await imageEngine(cli, flags.text("node"));
  const { id } = await sendAll(engine.images.import({ signal: cli.signal }), messages());
  cli.output.line(id);
};
