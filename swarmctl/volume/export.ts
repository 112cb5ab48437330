import type { ExportVolumeResponse } from "../../shared/rpc/gen/volumes.ts";
import type { Cli, Run } from "../cli.ts";
import { usageError } from "../parse/usage.ts";
import { volumeEngine } from "./engine.ts";
import type { EXPORT_OPTIONS } from "./options.ts";

export const run: Run<typeof EXPORT_OPTIONS> = async (cli, [name = ""], flags) => {
  const files = await cli.openBulkFiles();
  const path = flags.text("output") ?? "-";
  if (path === "-" && files.stdoutIsTerminal) {
    throw usageError("an archive is not printed on a terminal: give --output FILE, or redirect it");
  }
  await using engine = await volumeEngine(cli, flags.text("node"));
  const answers = engine.volumes.export({ name }, { signal: cli.signal })[Symbol.asyncIterator]();
  // Nothing is written for a volume that is not there.
  const first = await answers.next();
  if (first.done === true) return;
  await files.write(path, bytesOf(cli, name, first.value, answers));
};

async function* bytesOf(
  cli: Cli,
  name: string,
  first: ExportVolumeResponse,
  answers: AsyncIterator<ExportVolumeResponse>,
): AsyncGenerator<Uint8Array> {
  if (first.usedBy.length > 0) {
    const users = first.usedBy.join(", ");
    cli.output.warn(`Warning: ${users} may write to volume ${name} meanwhile: stop it for an archive of one instant`);
  }
  yield first.bytes;
  for (let next = await answers.next(); next.done !== true; next = await answers.next()) yield next.value.bytes;
}
