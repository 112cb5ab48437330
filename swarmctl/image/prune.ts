import { parseUntil } from "../../shared/run-text/instant.ts";
import type { Cli, Run } from "../cli.ts";
import { isConfirmed } from "../confirm.ts";
import type { Flags } from "../flags.ts";
import { decimalSize } from "../format/size.ts";
import { usageError } from "../parse/usage.ts";
import { imageEngine, LONG_CALL_MS } from "./engine.ts";
import type { PRUNE_OPTIONS } from "./options.ts";
import { removedLines } from "./rm.ts";

const WARNING_ALL = "WARNING! This will remove all images of this host that no container and no service needs.";
const WARNING_DANGLING = "WARNING! This will remove all dangling images.";

export const run: Run<typeof PRUNE_OPTIONS> = async (cli, _args, flags) => {
  const all = flags.is("all");
  const request = { all, ...parsePruneFilters(flags.list("filter"), cli.clock.wallNow()) };
  if (!flags.is("force") && !(await isConfirmed(cli, all ? WARNING_ALL : WARNING_DANGLING))) return;
  await prune(cli, flags, request);
};

async function prune(
  cli: Cli,
  flags: Flags<"node">,
  request: ReturnType<typeof parsePruneFilters> & { readonly all: boolean },
): Promise<void> {
  await using engine = await imageEngine(cli, flags.text("node"));
  const options = { signal: cli.signal, timeoutMs: LONG_CALL_MS };
  const { removed, reclaimedBytes } = await engine.images.prune(request, options);
  if (removed.length > 0) {
    cli.output.line("Deleted Images:");
    for (const line of removedLines(removed)) cli.output.line(line.replace(/^U/, "u").replace(/^D/, "d"));
    cli.output.line("");
  }
  cli.output.line(`Total reclaimed space: ${decimalSize(reclaimedBytes)}`);
}

/** until=TIME, label=..., label!=... @throws SwarmError invalidArgument. */
export function parsePruneFilters(
  texts: readonly string[],
  nowMs: number,
): { readonly untilMs: number; readonly labels: readonly string[]; readonly labelsNot: readonly string[] } {
  let untilMs = 0;
  const labels: string[] = [];
  const labelsNot: string[] = [];
  for (const text of texts) {
    const [, key = "", isNot = "", value = ""] = /^(\w+)(!?)=([\s\S]+)$/.exec(text) ?? [];
    if (key === "label") (isNot === "" ? labels : labelsNot).push(value);
    else if (key === "until" && isNot === "") untilMs = parseUntil(value, nowMs);
    else throw usageError(`invalid filter "${text}": expected until=TIME, label=KEY[=VALUE] or label!=KEY[=VALUE]`);
  }
  return { untilMs, labels, labelsNot };
}
