import type { Run } from "../cli.ts";
import { forEach } from "../names.ts";

export const run: Run = (cli, args) =>
  forEach(args, async (ref) => {
    const control = await cli.api.control();
    await control.removeService({ ref }, { signal: cli.signal });
    cli.output.line(ref);
  });
