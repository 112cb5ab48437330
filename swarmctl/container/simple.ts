import type { ContainersClient } from "../api.ts";
import type { Cli, Run } from "../cli.ts";
import { forEach } from "../names.ts";

/** A command that does one thing to each container it is given, and prints each as it was given. */
export function forContainers(act: (containers: ContainersClient, ref: string, cli: Cli) => Promise<unknown>): Run {
  return (cli, args) =>
    forEach(args, async (ref) => {
      await act(await cli.api.containers(), ref, cli);
      cli.output.line(ref);
    });
}
