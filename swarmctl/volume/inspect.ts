import { toDockerVolume } from "../../shared/docker-shape/volume.ts";
import type { Run } from "../cli.ts";
import { printInspected } from "../format/inspect.ts";
import { forEach } from "../names.ts";
import { LONG_CALL_MS, volumeEngine } from "./engine.ts";
import type { VOLUME_INSPECT_OPTIONS } from "./options.ts";

export const run: Run<typeof VOLUME_INSPECT_OPTIONS> = async (cli, names, flags) => {
  await using engine = await volumeEngine(cli, flags.text("node"));
  const options = { signal: cli.signal, timeoutMs: LONG_CALL_MS };
  const found: Readonly<Record<string, unknown>>[] = [];
  let failure: unknown = null;
  try {
    await forEach(names, async (name) => {
      const { volume } = await engine.volumes.inspect({ name, size: flags.is("size") }, options);
      if (volume !== null) found.push({ ...toDockerVolume(volume), UsedBy: volume.usedBy });
    });
  } catch (error) {
    failure = error;
  }
  // Docker prints those it found, too.
  if (failure === null || found.length > 0) printInspected(found, flags.text("format") ?? "", cli.output);
  if (failure !== null) throw failure;
};
