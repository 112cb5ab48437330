import type { Run } from "../cli.ts";
import type { LIST_OPTIONS } from "../list-options.ts";
import { printServices } from "../service/print.ts";
import { presentServices, stackFilter } from "./names.ts";

export const run: Run<typeof LIST_OPTIONS> = async (cli, [stack = ""], flags) => {
  // So that a name with a slip is told from a stack whose services a filter leaves out.
  await presentServices(cli, stack);
  await printServices(cli, flags, stackFilter(stack).labels);
};
