import type { Run } from "../cli.ts";
import type { TASK_LIST_OPTIONS } from "../list-options.ts";
import { nodeRef, showFound } from "../names.ts";
import { printTasks } from "../task/print.ts";

export const run: Run<typeof TASK_LIST_OPTIONS> = async (cli, args, flags) => {
  const control = await cli.api.control();
  // Asked for one by one, so that a node that does not exist is reported as missing.
  const find = async (arg: string): Promise<string | null> =>
    (await control.getNode({ ref: await nodeRef(cli, arg) }, { signal: cli.signal })).node?.id ?? null;
  await showFound(args.length === 0 ? ["self"] : args, find, (nodes) => printTasks(cli, flags, { nodes }));
};
