import { toDockerService } from "../../shared/docker-shape/service.ts";
import type { Service } from "../../shared/rpc/gen/objects.ts";
import type { Run } from "../cli.ts";
import { prettyLines, printInspected, requireOneShape } from "../format/inspect.ts";
import type { INSPECT_OPTIONS } from "../list-options.ts";
import { networksById } from "../names.ts";
import { serviceFields } from "./pretty.ts";

export const run: Run<typeof INSPECT_OPTIONS> = async (cli, args, flags) => {
  requireOneShape(flags);
  const control = await cli.api.control();
  const services: Service[] = [];
  for (const ref of args) {
    const { service } = await control.getService({ ref }, { signal: cli.signal });
    if (service !== null) services.push(service);
  }
  if (flags.is("pretty")) {
    const nowMs = cli.clock.wallNow();
    const isOnNetworks = services.some(({ spec }) => (spec?.task?.networks.length ?? 0) > 0);
    const networks = isOnNetworks ? await networksById(cli) : new Map<string, string>();
    for (const service of services)
      for (const line of prettyLines(serviceFields(service, nowMs, networks))) cli.output.line(line);
    return;
  }
  printInspected(
    services.map((service) => toDockerService(service)),
    flags.text("format") ?? "",
    cli.output,
  );
};
