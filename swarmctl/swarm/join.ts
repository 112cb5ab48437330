import { withManagerPort } from "../../shared/address.ts";
import type { Run } from "../cli.ts";
import { usageError } from "../parse/usage.ts";
import { nodeWishes } from "./node-flags.ts";
import type { JOIN_OPTIONS } from "./options.ts";
import { withDaemon } from "./with-daemon.ts";

/** Time for certificates and, for a manager, for catching up with the log. */
const JOIN_TIMEOUT_MS = 120_000;

export const run: Run<typeof JOIN_OPTIONS> = async (cli, args, flags) => {
  const token = flags.text("token");
  if (token === undefined)
    throw usageError("--token is missing: get one with `swarmctl join-token worker` on a manager");
  if (args.length !== 1) throw usageError("give the address of one manager: swarmctl join --token TOKEN HOST:PORT");
  const request = { remoteAddresses: [withManagerPort(args[0] ?? "")], token, ...nodeWishes(flags) };
  const local = await cli.api.local();
  const { role } = await withDaemon(cli, () => local.join(request, { signal: cli.signal, timeoutMs: JOIN_TIMEOUT_MS }));
  cli.output.line(`This node joined a swarm as a ${role.toLowerCase()}.`);
};
