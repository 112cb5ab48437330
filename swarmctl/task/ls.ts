import type { Run } from "../cli.ts";
import type { TASK_LIST_OPTIONS } from "../list-options.ts";
import { printTasks } from "./print.ts";

export const run: Run<typeof TASK_LIST_OPTIONS> = (cli, _args, flags) => printTasks(cli, flags, {});
