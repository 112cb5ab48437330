import { SwarmError } from "../../shared/errors.ts";
import type { RemovedImage } from "../../shared/rpc/gen/images.ts";
import type { Run } from "../cli.ts";
import { forEach } from "../names.ts";
import { imageEngine, LONG_CALL_MS } from "./engine.ts";
import type { RM_OPTIONS } from "./options.ts";

export const run: Run<typeof RM_OPTIONS> = async (cli, args, flags) => {
  await using engine = await imageEngine(cli, flags.text("node"));
  const force = flags.is("force");
  const options = { signal: cli.signal, timeoutMs: LONG_CALL_MS };
  await forEach(args, async (ref) => {
    try {
      const { removed } = await engine.images.remove({ ref, force, noPrune: flags.is("noPrune") }, options);
      for (const line of removedLines(removed)) cli.output.line(line);
    } catch (error) {
      if (!force || !(error instanceof SwarmError) || error.code !== "notFound") throw error;
      cli.output.warn(`Error: ${error.message}`);
    }
  });
};

/** As Docker says it. */
export function removedLines(removed: readonly RemovedImage[]): readonly string[] {
  return removed.map(({ untagged, deleted }) => (untagged === "" ? `Deleted: ${deleted}` : `Untagged: ${untagged}`));
}
