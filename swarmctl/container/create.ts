import type { Run } from "../cli.ts";
import { makeContainer } from "./make.ts";

export const run: Run = async (cli, args, flags) => {
  cli.output.line(await makeContainer(cli, args, flags));
};
