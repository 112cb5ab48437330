import type { Run } from "../cli.ts";
import { parseLabels } from "../parse/words.ts";
import { volumeEngine } from "./engine.ts";
import type { CREATE_OPTIONS } from "./options.ts";

export const run: Run<typeof CREATE_OPTIONS> = async (cli, [name = ""], flags) => {
  const request = {
    name,
    driver: flags.text("driver") ?? "",
    labels: parseLabels(flags.list("label"), "--label"),
    options: parseLabels(flags.list("opt"), "--opt"),
  };
  await using engine = await volumeEngine(cli, flags.text("node"));
  const { volume } = await engine.volumes.create(request, { signal: cli.signal });
  cli.output.line(volume?.name ?? name);
};
