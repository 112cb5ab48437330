import type { Run } from "../cli.ts";
import { forEach, nodeRef } from "../names.ts";
import type { RM_OPTIONS } from "./options.ts";

export const run: Run<typeof RM_OPTIONS> = (cli, args, flags) =>
  forEach(args, async (ref) => {
    const control = await cli.api.control();
    await control.removeNode({ ref: await nodeRef(cli, ref), force: flags.is("force") }, { signal: cli.signal });
    cli.output.line(ref);
  });
