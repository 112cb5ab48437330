import { SwarmError } from "../../shared/errors.ts";
import type { Run } from "../cli.ts";
import { isConfirmed } from "../confirm.ts";
import { decimalSize } from "../format/size.ts";
import { parseFilters } from "../parse/filters.ts";
import { parseChoice } from "../parse/numbers.ts";
import { LONG_CALL_MS, volumeEngine } from "./engine.ts";
import type { VOLUME_PRUNE_OPTIONS } from "./options.ts";

export const run: Run<typeof VOLUME_PRUNE_OPTIONS> = async (cli, _args, flags) => {
  const filters = parseFilters(flags.list("filter"), ["label", "label!", "all"]);
  const isAll = filters.all
    .map((word) => parseChoice(word, "--filter all", { true: true, "1": true, false: false, "0": false }))
    .at(-1);
  const all = flags.is("all") || isAll === true;
  const which = all ? "all local volumes" : "anonymous local volumes";
  const warning = `WARNING! This will remove ${which} not used by at least one container.`;
  if (!flags.is("force") && !(await isConfirmed(cli, warning))) return;
  await using engine = await volumeEngine(cli, flags.text("node"));
  const { removed, reclaimedBytes, failures } = await engine.volumes.prune(
    { all, labels: filters.label, withoutLabels: filters["label!"] },
    { signal: cli.signal, timeoutMs: LONG_CALL_MS },
  );
  if (removed.length > 0) cli.output.line(["Deleted Volumes:", ...removed, ""].join("\n"));
  cli.output.line(`Total reclaimed space: ${decimalSize(reclaimedBytes)}`);
  if (failures.length > 0) throw new SwarmError("failedPrecondition", failures.join("\n"));
};
