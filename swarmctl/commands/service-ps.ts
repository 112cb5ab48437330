import type { Run } from "../cli.ts";
import { printTasks } from "./print-tasks.ts";

export const run: Run = async (cli, args, flags) => {
  const control = await cli.api.control();
  const services: string[] = [];
  for (const ref of args) {
    const { service } = await control.getService({ ref }, { signal: cli.signal });
    if (service !== null) services.push(service.id);
  }
  await printTasks(cli, flags, { services });
};
