import type { Run } from "../cli.ts";
import type { LEAVE_OPTIONS } from "./options.ts";

/** Stopping a host's containers takes their grace periods. */
const LEAVE_TIMEOUT_MS = 120_000;

export const run: Run<typeof LEAVE_OPTIONS> = async (cli, _args, flags) => {
  const local = await cli.api.local();
  await local.leave({ force: flags.is("force") }, { signal: cli.signal, timeoutMs: LEAVE_TIMEOUT_MS });
  cli.output.line("Node left the swarm.");
};
