import type { Run } from "../cli.ts";
import type { TASK_LIST_OPTIONS } from "../list-options.ts";
import { nodeRef } from "../names.ts";
import { printTasks } from "../task/print.ts";

export const run: Run<typeof TASK_LIST_OPTIONS> = async (cli, args, flags) => {
  const control = await cli.api.control();
  const nodes: string[] = [];
  for (const arg of args.length === 0 ? ["self"] : args) {
    // Asked for one by one, so that a node that does not exist is reported as missing.
    const { node } = await control.getNode({ ref: await nodeRef(cli, arg) }, { signal: cli.signal });
    if (node !== null) nodes.push(node.id);
  }
  await printTasks(cli, flags, { nodes });
};
