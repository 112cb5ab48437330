import type { Run } from "../cli.ts";
import type { LIST_OPTIONS } from "../list-options.ts";
import { printServices } from "./print.ts";

export const run: Run<typeof LIST_OPTIONS> = (cli, _args, flags) => printServices(cli, flags);
