import type { Run } from "../cli.ts";
import { forEach, nodeRef } from "../names.ts";

export const run: Run = (cli, args, flags) =>
  forEach(args, async (ref) => {
    const control = await cli.api.control();
    await control.removeNode({ ref: await nodeRef(cli, ref), force: flags.is("force") }, { signal: cli.signal });
    cli.output.line(ref);
  });
