import { LEAVE_MS_MAX } from "../../shared/leave-limits.ts";
import type { Run } from "../cli.ts";
import type { LEAVE_OPTIONS } from "./options.ts";

export const run: Run<typeof LEAVE_OPTIONS> = async (cli, _args, flags) => {
  const local = await cli.api.local();
  const request = { force: flags.is("force") };
  const { warnings } = await local.leave(request, { signal: cli.signal, timeoutMs: LEAVE_MS_MAX });
  cli.output.line("Node left the swarm.");
  for (const warning of warnings) cli.output.warn(`WARNING: ${warning}`);
};
