import type { Run } from "../cli.ts";
import { usageError } from "../parse/usage.ts";
import { writeService } from "./change-spec.ts";
import type { RUN_NOW_OPTIONS } from "./options.ts";
import { finish } from "./progress/wait-for-service.ts";

/** Begins a run of a job as it is, and waits for its end unless told not to. */
export const run: Run<typeof RUN_NOW_OPTIONS> = async (cli, args, flags) => {
  const [ref] = args;
  if (ref === undefined || args.length > 1) throw usageError("give one job: swarmctl service run-now JOB");
  const written = await writeService(cli, ref, () => ({ runNow: true }));
  cli.output.line(ref);
  await finish(cli, written, flags, { isRun: true });
};
