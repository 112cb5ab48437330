import type { Run } from "../cli.ts";
import { usageError } from "../parse/usage.ts";
import { writeService } from "./change-spec.ts";
import type { WAIT_OPTIONS } from "./options.ts";
import { finish } from "./progress/wait-for-service.ts";

/** Gives the spec that a canary tries to the other slots as well, and waits unless told not to. */
export const run: Run<typeof WAIT_OPTIONS> = async (cli, args, flags) => {
  const [ref] = args;
  if (ref === undefined || args.length > 1) throw usageError("give one service: swarmctl service promote SERVICE");
  const written = await writeService(cli, ref, () => ({ promote: true }));
  cli.output.line(ref);
  await finish(cli, written, flags);
};
