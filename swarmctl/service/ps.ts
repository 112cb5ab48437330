import type { Run } from "../cli.ts";
import type { TASK_LIST_OPTIONS } from "../list-options.ts";
import { printTasks } from "../task/print.ts";

export const run: Run<typeof TASK_LIST_OPTIONS> = async (cli, args, flags) => {
  const control = await cli.api.control();
  const services: string[] = [];
  for (const ref of args) {
    const { service } = await control.getService({ ref }, { signal: cli.signal });
    if (service !== null) services.push(service.id);
  }
  await printTasks(cli, flags, { services });
};
