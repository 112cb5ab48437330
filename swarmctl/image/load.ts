import { SwarmError } from "../../shared/errors.ts";
import { sendAll } from "../../shared/rpc/send-all.ts";
import type { Run } from "../cli.ts";
import { imageEngine } from "./engine.ts";
import type { LOAD_OPTIONS } from "./options.ts";

export const run: Run<typeof LOAD_OPTIONS> = async (cli, _args, flags) => {
  const files = await cli.openBulkFiles();
  const path = flags.text("input") ?? "-";
  if (path === "-" && files.stdinIsTerminal) {
    throw new SwarmError("invalidArgument", "requested load from stdin, but stdin is empty");
  }
  await using engine = await imageEngine(cli, flags.text("node"));
  const call = engine.images.load({ signal: cli.signal });
  const { names } = await sendAll(call, pieces(files.read(path)));
  for (const name of names) {
    cli.output.line(name.startsWith("sha256:") ? `Loaded image ID: ${name}` : `Loaded image: ${name}`);
  }
};

async function* pieces(bytes: AsyncIterable<Buffer>): AsyncGenerator<{ readonly data: Buffer }> {
  for await (const data of bytes) yield { data };
}
