import type { ContainersClient } from "../api.ts";
import type { Cli, Run } from "../cli.ts";
import { forEach } from "../names.ts";
import { containersOf } from "./host.ts";
import type { NODE_OPTIONS } from "./options.ts";

/** A command that does one thing to each container it is given, and prints each as it was given. */
export function forContainers(
  act: (containers: ContainersClient, ref: string, cli: Cli) => Promise<unknown>,
): Run<typeof NODE_OPTIONS> {
  return (cli, args, flags) =>
    forEach(args, async (ref) => {
      await act(await containersOf(cli, flags), ref, cli);
      cli.output.line(ref);
    });
}
