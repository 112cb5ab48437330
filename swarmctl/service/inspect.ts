import { toDockerService } from "../../shared/docker-shape/service.ts";
import type { Service } from "../../shared/rpc/gen/objects.ts";
import type { Run } from "../cli.ts";
import { prettyLines, printInspected, requireOneShape } from "../format/inspect.ts";
import type { INSPECT_OPTIONS } from "../list-options.ts";
import { networksById, showFound } from "../names.ts";
import { serviceFields } from "./pretty.ts";

export const run: Run<typeof INSPECT_OPTIONS> = async (cli, args, flags) => {
  requireOneShape(flags);
  const control = await cli.api.control();
  const find = async (ref: string): Promise<Service | null> =>
    (await control.getService({ ref }, { signal: cli.signal })).service;
  await showFound(args, find, async (services) => {
    if (!flags.is("pretty")) {
      const shown = services.map((service) => toDockerService(service));
      printInspected(shown, flags.text("format") ?? "", cli.output);
      return;
    }
    const nowMs = cli.clock.wallNow();
    const isOnNetworks = services.some(({ spec }) => (spec?.task?.networks.length ?? 0) > 0);
    const networks = isOnNetworks ? await networksById(cli) : new Map<string, string>();
    for (const service of services)
      for (const line of prettyLines(serviceFields(service, nowMs, networks))) cli.output.line(line);
  });
};
