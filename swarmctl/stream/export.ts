import { SwarmError } from "../../shared/errors.ts";
import type { Run } from "../cli.ts";
import type { EXPORT_OPTIONS } from "./options.ts";
import { engineOf, placeOf } from "./place.ts";

export const run: Run<typeof EXPORT_OPTIONS> = async (cli, [ref = ""], flags) => {
  const file = flags.text("output");
  const terminal = await cli.openConsole();
  if (file === undefined && terminal.stdoutIsTerminal) {
    throw new SwarmError("invalidArgument", "cowardly refusing to save to a terminal: use --output, or redirect");
  }
  const place = await placeOf(cli, ref, flags.text("node"));
  await using engine = await engineOf(cli, place);
  const pieces = engine.streams.export({ container: place.container }, { signal: cli.signal });
  if (file === undefined) {
    for await (const { data } of pieces) await terminal.write("out", data);
    return;
  }
  const { saveFile } = await import("../ports/save-file.ts");
  await saveFile(file, pieces);
};
