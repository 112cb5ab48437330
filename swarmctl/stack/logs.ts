import type { Run } from "../cli.ts";
import { printLogs } from "../service/logs.ts";
import type { LOGS_OPTIONS } from "../service/options.ts";
import { presentServices, serviceName } from "./names.ts";

/** All services at once; each line says whose it is. */
export const run: Run<typeof LOGS_OPTIONS> = async (cli, [stack = ""], flags) => {
  const services = await presentServices(cli, stack);
  await Promise.all(services.map((service) => printLogs(cli, serviceName(service), flags)));
};
