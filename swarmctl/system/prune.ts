import { SwarmError } from "../../shared/errors.ts";
import type { Run } from "../cli.ts";
import { isConfirmed } from "../confirm.ts";
import { decimalSize } from "../format/size.ts";
import { imageEngine, LONG_CALL_MS } from "../image/engine.ts";
import { parsePruneFilters } from "../image/prune.ts";
import { removedLines } from "../image/rm.ts";
import { usageError } from "../parse/usage.ts";
import type { SYSTEM_PRUNE_OPTIONS } from "./options.ts";

export const run: Run<typeof SYSTEM_PRUNE_OPTIONS> = async (cli, _args, flags) => {
  const { untilMs, labels, labelsNot } = parsePruneFilters(flags.list("filter"), cli.clock.wallNow());
  const [all, withVolumes] = [flags.is("all"), flags.is("volumes")];
  if (withVolumes && untilMs !== 0) throw usageError('the "until" filter is not supported with "--volumes"');
  const warning = [
    "WARNING! This will remove:",
    "  - all stopped containers",
    ...(withVolumes ? ["  - all anonymous volumes not used by at least one container"] : []),
    all ? "  - all images that no container and no service needs" : "  - all dangling images",
    "",
  ].join("\n");
  if (!flags.is("force") && !(await isConfirmed(cli, warning))) return;
  await using engine = await imageEngine(cli, flags.text("node"));
  const options = { signal: cli.signal, timeoutMs: LONG_CALL_MS };
  const say = (heading: string, lines: readonly string[]): void => {
    if (lines.length > 0) cli.output.line([heading, ...lines, ""].join("\n"));
  };
  // In this order: a container keeps its volumes and its image.
  const containers = await engine.containers.prune({ untilMs, labels, withoutLabels: labelsNot }, options);
  say("Deleted Containers:", containers.ids);
  const volumes = withVolumes
    ? await engine.volumes.prune({ all: false, labels, withoutLabels: labelsNot }, options)
    : { removed: [], reclaimedBytes: 0, failures: [] };
  say("Deleted Volumes:", volumes.removed);
  const images = await engine.images.prune({ all, untilMs, labels, labelsNot }, options);
  say(
    "Deleted Images:",
    removedLines(images.removed).map((line) => line.replace(/^U/, "u").replace(/^D/, "d")),
  );
  const bytes = containers.bytes + volumes.reclaimedBytes + images.reclaimedBytes;
  cli.output.line(`Total reclaimed space: ${decimalSize(bytes)}`);
  if (volumes.failures.length > 0) throw new SwarmError("failedPrecondition", volumes.failures.join("\n"));
};
