import type { Run } from "../cli.ts";
import { usageError } from "../parse/usage.ts";
import type { SPECIAL_OPTIONS, UPDATE_ONLY_OPTIONS } from "./options.ts";
import { planUpdate } from "./update.ts";

/** What `service update` with these options would do. */
export const run: Run<typeof UPDATE_ONLY_OPTIONS | typeof SPECIAL_OPTIONS> = async (cli, args, flags) => {
  const [ref] = args;
  if (ref === undefined || args.length > 1) throw usageError("give one service: swarmctl service plan OPTIONS SERVICE");
  await planUpdate(cli, ref, flags);
};
