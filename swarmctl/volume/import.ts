import type { ImportVolumeRequest } from "../../shared/rpc/gen/volumes.ts";
import { sendAll } from "../../shared/rpc/send-all.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { Run } from "../cli.ts";
import { usageError } from "../parse/usage.ts";
import { parseLabels } from "../parse/words.ts";
import { volumeEngine } from "./engine.ts";
import type { IMPORT_OPTIONS } from "./options.ts";

export const run: Run<typeof IMPORT_OPTIONS> = async (cli, [name = "", path = "-"], flags) => {
  const files = await cli.openBulkFiles();
  if (path === "-" && files.stdinIsTerminal) throw usageError("give a file, or an archive on standard input");
  const head = { name, replace: flags.is("replace"), labels: parseLabels(flags.list("label"), "--label") };
  await using engine = await volumeEngine(cli, flags.text("node"));
  await sendAll(engine.volumes.import({ signal: cli.signal }), messages());
  cli.output.line(name);

  async function* messages(): AsyncGenerator<Sendable<ImportVolumeRequest>> {
    yield { head };
    for await (const bytes of files.read(path)) yield { bytes };
  }
};
