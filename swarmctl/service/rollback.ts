import type { Cli, Run } from "../cli.ts";
import { parseWhole } from "../parse/numbers.ts";
import { usageError } from "../parse/usage.ts";
import { writeService } from "./change-spec.ts";
import type { ROLLBACK_OPTIONS } from "./options.ts";
import { finish } from "./progress/wait-for-service.ts";

export const run: Run<typeof ROLLBACK_OPTIONS> = async (cli, args, flags) => {
  const [ref] = args;
  if (ref === undefined || args.length > 1) throw usageError("give one service: swarmctl service rollback SERVICE");
  const text = flags.text("to");
  const to = text === undefined ? 0 : parseWhole(text, "--to", { min: 1 });
  if (!flags.is("dryRun")) return rollBack(cli, ref, flags, to);
  // With the table of service fields, which going back itself does without.
  const { printPlan } = await import("./print-plan.ts");
  await printPlan(cli, { ref, rollback: true, rollbackTo: to });
};

/**
 * Restores the spec from before the last update, or the one of that number; a second rollback without a number restores
 * the updated one. Waits unless told not to.
 */
export async function rollBack(
  cli: Cli,
  ref: string,
  flags: { is(name: "detach" | "quiet"): boolean },
  rollbackTo = 0,
): Promise<void> {
  const written = await writeService(cli, ref, () => ({ rollback: true, rollbackTo }));
  cli.output.line(ref);
  await finish(cli, written, flags);
}
