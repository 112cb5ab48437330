import { parseSince } from "../../shared/run-text/instant.ts";
import type { Run } from "../cli.ts";
import { isConfirmed } from "../confirm.ts";
import { decimalSize } from "../format/size.ts";
import { LONG_CALL_MS } from "../image/engine.ts";
import { usageError } from "../parse/usage.ts";
import { containersOf } from "./host.ts";
import type { PRUNE_OPTIONS } from "./options.ts";

export const run: Run<typeof PRUNE_OPTIONS> = async (cli, _args, flags) => {
  const request = { untilMs: 0, labels: [] as string[], withoutLabels: [] as string[] };
  for (const text of flags.list("filter")) {
    const [, key = "", value = ""] = /^(label!?|until)=(.+)$/.exec(text) ?? [];
    if (key === "label") request.labels.push(value);
    else if (key === "label!") request.withoutLabels.push(value);
    else if (key === "until") request.untilMs = parseSince(value, cli.clock.wallNow());
    else throw usageError(`invalid filter "${text}": expected until, label or label!`);
  }
  const warning = "WARNING! This will remove all stopped containers.";
  if (!flags.is("force") && !(await isConfirmed(cli, warning))) return;
  const containers = await containersOf(cli, flags);
  const { ids, bytes } = await containers.prune(request, { signal: cli.signal, timeoutMs: LONG_CALL_MS });
  if (ids.length > 0) {
    cli.output.line("Deleted Containers:");
    for (const id of ids) cli.output.line(id);
    cli.output.line("");
  }
  cli.output.line(`Total reclaimed space: ${decimalSize(bytes)}`);
};
