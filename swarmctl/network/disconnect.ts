import { SwarmError } from "../../shared/errors.ts";
import type { Run } from "../cli.ts";
import type { WAIT_OPTIONS } from "../service/options.ts";
import { finish } from "../service/progress/wait-for-service.ts";
import { findLocal, isOwnContainer } from "./local.ts";
import { changeNetworks } from "./members.ts";
import type { NETWORK_DISCONNECT_OPTIONS } from "./options.ts";

export const run: Run<typeof NETWORK_DISCONNECT_OPTIONS | typeof WAIT_OPTIONS> = async (
  cli,
  [network = "", member = ""],
  flags,
) => {
  const local = await findLocal(cli, network);
  if (local !== null || (await isOwnContainer(cli, member))) {
    const request = { container: member, network: local?.id ?? network, force: flags.is("force") };
    await (await cli.api.networks()).disconnect(request, { signal: cli.signal });
    return;
  }
  const refs = { network, member, verb: "disconnect" } as const;
  const written = await changeNetworks(cli, refs, (has, { networkId, networkName }) => {
    const rest = has.filter(({ target }) => target !== networkId);
    if (rest.length === has.length && !flags.is("force"))
      throw new SwarmError("failedPrecondition", `service ${member} is not on network ${networkName}`);
    return rest;
  });
  await finish(cli, written, flags);
};
