import type { Cli } from "./cli.ts";

/** Says what is going to happen and asks; anything but a yes is a no, also the end of the input. */
export async function isConfirmed(cli: Cli, warning: string): Promise<boolean> {
  cli.output.line(warning);
  cli.output.line("Are you sure you want to continue? [y/N]");
  return /^\s*y(?:es)?\s*$/i.test(await cli.readLine());
}
