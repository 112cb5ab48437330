import { clashTexts, isInTheWay } from "../../shared/objects/host-listener.ts";
import type { Node, Service, UpdateStatus } from "../../shared/rpc/gen/objects.ts";
import type { Run } from "../cli.ts";
import type { TASK_LIST_OPTIONS } from "../list-options.ts";
import { nodesById, showFound } from "../names.ts";
import { printTasks } from "../task/print.ts";

/** Of any other update people want to know what it waits for, or why it was given up. */
const UPDATES_OVER: ReadonlySet<UpdateStatus["state"]> = new Set(["UNKNOWN", "COMPLETED", "ROLLBACK_COMPLETED"]);

export const run: Run<typeof TASK_LIST_OPTIONS> = async (cli, args, flags) => {
  const control = await cli.api.control();
  const find = async (ref: string): Promise<Service | null> =>
    (await control.getService({ ref }, { signal: cli.signal })).service;
  await showFound(args, find, async (services) => {
    await printTasks(cli, flags, { services: services.map(({ id }) => id) });
    if (flags.is("quiet") || flags.text("format") !== undefined) return;
    for (const { spec, updateStatus } of services) {
      if (updateStatus !== null && !UPDATES_OVER.has(updateStatus.state))
        cli.output.warn(`${spec?.annotations?.name}: ${updateStatus.message}`);
    }
    const nodes = await nodesById(cli);
    for (const warning of portWarnings(services, [...nodes.values()])) cli.output.warn(warning);
  });
};

/** Where a host does not answer for the services on a published port, or a program waits for what the service gets. */
export function portWarnings(services: readonly Service[], nodes: readonly Node[]): readonly string[] {
  const ports = services
    .flatMap(({ endpoint }) => endpoint?.ports ?? [])
    .filter(({ publishMode }) => publishMode === "INGRESS");
  return nodes.flatMap(({ description, status }) => {
    if (description === null || status?.state === "DOWN") return [];
    const listeners = description.listeners.filter((listener) => ports.some((port) => isInTheWay(listener, port)));
    return clashTexts({ ...description, listeners }).map((text) => `warning: ${text}`);
  });
}
