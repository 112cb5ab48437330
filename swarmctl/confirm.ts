import { SwarmError } from "../shared/errors.ts";
import type { Cli } from "./cli.ts";

/**
 * Says what is going to happen and asks; anything but a yes is a no.
 * @throws SwarmError failedPrecondition when nobody answers: a script must not take that for done.
 */
export async function isConfirmed(cli: Cli, warning: string): Promise<boolean> {
  cli.output.line(warning);
  cli.output.line("Are you sure you want to continue? [y/N]");
  const answer = await cli.readLine();
  if (answer === null)
    throw new SwarmError("failedPrecondition", "nothing was removed, because nobody answered: use --force in scripts");
  return /^\s*y(?:es)?\s*$/i.test(answer);
}
