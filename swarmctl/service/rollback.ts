import type { Cli, Run } from "../cli.ts";
import { usageError } from "../parse/usage.ts";
import { writeService } from "./change-spec.ts";
import type { WAIT_OPTIONS } from "./options.ts";
import { finish } from "./progress/wait-for-service.ts";

export const run: Run<typeof WAIT_OPTIONS> = async (cli, args, flags) => {
  const [ref] = args;
  if (ref === undefined || args.length > 1) throw usageError("give one service: swarmctl service rollback SERVICE");
  await rollBack(cli, ref, flags);
};

/**
 * Restores the spec from before the last update; a second rollback restores the updated one. Waits unless told not to.
 */
export async function rollBack(cli: Cli, ref: string, flags: { is(name: "detach" | "quiet"): boolean }): Promise<void> {
  const written = await writeService(cli, ref, () => ({ rollback: true }));
  cli.output.line(ref);
  await finish(cli, written, flags);
}
