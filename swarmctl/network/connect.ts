import { SwarmError } from "../../shared/errors.ts";
import { labelsOf } from "../../shared/objects/labels.ts";
import type { Run } from "../cli.ts";
import { usageError } from "../parse/usage.ts";
import type { WAIT_OPTIONS } from "../service/options.ts";
import { finish } from "../service/progress/wait-for-service.ts";
import { findLocal, isOwnContainer } from "./local.ts";
import { changeNetworks } from "./members.ts";
import type { NETWORK_CONNECT_OPTIONS } from "./options.ts";

type Refusals = readonly (readonly [name: string, flag: string, why: string])[];

/** Each with what there is instead. */
const REFUSED_ALWAYS: Refusals = [
  ["linkLocalIp", "--link-local-ip", "there are no link-local addresses on networks here"],
  ["gwPriority", "--gw-priority", "everything has its way out through its host, whatever networks it is on"],
];
/** Of services. */
const REFUSED: Refusals = [
  ["ip", "--ip", "the swarm chooses the addresses of a service's tasks"],
  ["ip6", "--ip6", "the swarm chooses the addresses of a service's tasks"],
  ["link", "--link", "services find each other by name: give --alias for another name"],
  ...REFUSED_ALWAYS,
];

export const run: Run<typeof NETWORK_CONNECT_OPTIONS | typeof WAIT_OPTIONS> = async (
  cli,
  [network = "", member = ""],
  flags,
) => {
  const local = await findLocal(cli, network);
  const isContainer = local !== null || (await isOwnContainer(cli, member));
  for (const [name, flag, why] of isContainer ? REFUSED_ALWAYS : REFUSED)
    if (flags.given().includes(name)) throw usageError(`${flag} is not supported: ${why}`);
  const options = flags.list("driverOpt").map((text): readonly [string, string] => {
    const at = text.indexOf("=");
    if (at < 1) throw usageError(`invalid value "${text}" for --driver-opt: expected KEY=VALUE`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
  if (isContainer) {
    const endpoint = {
      ...{ network: local?.id ?? network, swarmNetwork: "" },
      ...{ aliases: flags.list("alias"), links: flags.list("link") },
      ...{ address: flags.text("ip") ?? "", address6: flags.text("ip6") ?? "", driverOptions: labelsOf(options) },
    };
    await (await cli.api.networks()).connect({ container: member, endpoint }, { signal: cli.signal });
    return;
  }
  const written = await changeNetworks(cli, { network, member, verb: "connect" }, (has, { networkId, networkName }) => {
    if (has.some(({ target }) => target === networkId))
      throw new SwarmError("alreadyExists", `service ${member} is on network ${networkName} already`);
    return [...has, { target: networkId, aliases: [...flags.list("alias")], driverOptions: labelsOf(options) }];
  });
  await finish(cli, written, flags);
};
