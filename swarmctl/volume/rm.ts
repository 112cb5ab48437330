import type { Run } from "../cli.ts";
import { forEach } from "../names.ts";
import { LONG_CALL_MS, volumeEngine } from "./engine.ts";
import type { VOLUME_REMOVE_OPTIONS } from "./options.ts";

export const run: Run<typeof VOLUME_REMOVE_OPTIONS> = async (cli, names, flags) => {
  await using engine = await volumeEngine(cli, flags.text("node"));
  await forEach(names, async (name) => {
    const options = { signal: cli.signal, timeoutMs: LONG_CALL_MS };
    await engine.volumes.remove({ name, force: flags.is("force") }, options);
    cli.output.line(name);
  });
};
