import type { Run } from "../cli.ts";
import type { TASK_LIST_OPTIONS } from "../list-options.ts";
import { printTasks } from "../task/print.ts";
import { presentServices } from "./names.ts";

export const run: Run<typeof TASK_LIST_OPTIONS> = async (cli, [stack = ""], flags) => {
  const services = await presentServices(cli, stack);
  await printTasks(cli, flags, { services: services.map(({ id }) => id) });
};
