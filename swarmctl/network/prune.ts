import { SwarmError } from "../../shared/errors.ts";
import type { Run } from "../cli.ts";
import { isConfirmed } from "../confirm.ts";
import { parseFilters } from "../parse/filters.ts";
import { ofSwarm } from "./local.ts";
import type { NETWORK_PRUNE_OPTIONS } from "./options.ts";

export const run: Run<typeof NETWORK_PRUNE_OPTIONS> = async (cli, _args, flags) => {
  const { label } = parseFilters(flags.list("filter"), ["label"]);
  const warning = "WARNING! This will remove all networks that no service, no task and no container uses.";
  if (!flags.is("force") && !(await isConfirmed(cli, warning))) return;
  const control = await cli.api.control();
  const filter = { labels: label, types: ["custom"], dangling: true };
  const ofManagers = await ofSwarm(async () => await control.listNetworks(filter, { signal: cli.signal }));
  const networks = ofManagers?.networks ?? [];
  const local = await (await cli.api.networks()).prune({ labels: label }, { signal: cli.signal });
  const removed: string[] = [...local.removed];
  for (const { id, spec } of networks) {
    try {
      await control.removeNetwork({ ref: id }, { signal: cli.signal });
      removed.push(spec?.annotations?.name ?? id);
    } catch (error) {
      // Somebody came to use it, or was faster.
      if (!(error instanceof SwarmError) || !["failedPrecondition", "notFound"].includes(error.code)) throw error;
    }
  }
  if (removed.length > 0) cli.output.line(["Deleted Networks:", ...removed].join("\n"));
};
