import { mustHave } from "../../shared/invariant.ts";
import type { Run } from "../cli.ts";
import { ExitStatus } from "../exit-status.ts";
import { diffLines } from "./diff-lines.ts";
import { loadStack } from "./load.ts";
import { checkStackName } from "./names.ts";
import { type DIFF_OPTIONS, RESOLVE_WORDS } from "./options.ts";
import { prepareStack } from "./prepare.ts";

/** That there is a difference; 0 = there is none. */
const DIFFERS = 1;

export const run: Run<typeof DIFF_OPTIONS> = async (cli, args, flags) => {
  const stack = checkStackName(mustHave(args[0], "the name of the stack"));
  const resolve = flags.choice("resolveImage", RESOLVE_WORDS) ?? "always";
  const prunes = flags.is("prune");
  const prepared = await prepareStack(cli, await loadStack(cli, stack, flags), { resolve, prunes });
  const lines = diffLines(prepared, { stack, prunes });
  for (const line of lines) cli.output.line(line);
  if (lines.length > 0) throw new ExitStatus(DIFFERS);
};
