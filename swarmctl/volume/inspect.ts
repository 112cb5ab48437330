import { toDockerVolume } from "../../shared/docker-shape/volume.ts";
import type { Run } from "../cli.ts";
import { printInspected } from "../format/inspect.ts";
import { showFound } from "../names.ts";
import { LONG_CALL_MS, volumeEngine } from "./engine.ts";
import type { VOLUME_INSPECT_OPTIONS } from "./options.ts";

export const run: Run<typeof VOLUME_INSPECT_OPTIONS> = async (cli, names, flags) => {
  await using engine = await volumeEngine(cli, flags.text("node"));
  const options = { signal: cli.signal, timeoutMs: LONG_CALL_MS };
  const find = async (name: string): Promise<Readonly<Record<string, unknown>> | null> => {
    const { volume } = await engine.volumes.inspect({ name, size: flags.is("size") }, options);
    return volume === null ? null : { ...toDockerVolume(volume), UsedBy: volume.usedBy };
  };
  await showFound(names, find, (found) => printInspected(found, flags.text("format") ?? "", cli.output));
};
