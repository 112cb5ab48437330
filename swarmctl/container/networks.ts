import { labelsOf } from "../../shared/objects/labels.ts";
import type { ContainerConfig } from "../../shared/rpc/gen/containers.ts";
import type { ContainerEndpoint } from "../../shared/rpc/gen/networks.ts";
import type { Flags } from "../flags.ts";
import { parseCsvPairs } from "../parse/csv.ts";
import { usageError } from "../parse/usage.ts";

/** What is no network that somebody made. */
const MODES = /^(?:|default|bridge|host|none|container:.+)$/;

/**
 * The networks that `--network`, `--network-alias`, `--ip`, `--ip6`, `--mac-address` and `--link` ask for. The first is
 * the one that the flags without a network's name are about.
 * @throws SwarmError invalidArgument.
 */
export function networksOf(flags: Flags): Pick<ContainerConfig, "network" | "endpoints" | "links" | "macAddress"> {
  const asked = flags.list("network").map(parseEndpoint);
  const network = asked[0]?.network ?? "";
  const aliases = flags.list("networkAlias");
  const links = flags.list("link");
  const [address, address6] = [flags.text("ip") ?? "", flags.text("ip6") ?? ""];
  const mac = flags.text("macAddress");
  const chosen = mac === undefined ? {} : { macAddress: mac.toLowerCase() };
  const [first, ...others] = asked;
  if (MODES.test(network)) {
    if (aliases.length > 0 || address !== "" || address6 !== "") {
      const why = "names and addresses are those of a network that somebody made: give --network NAME as well";
      throw usageError(`--network-alias, --ip and --ip6 are not for ${network || "bridge"}: ${why}`);
    }
    const isBridge = ["", "default", "bridge"].includes(network);
    if (!isBridge && (links.length > 0 || mac !== undefined))
      throw usageError(`--link and --mac-address are not for ${network}: it has no place on a network of its own`);
    return { network, endpoints: others, links, ...chosen };
  }
  const main = {
    ...(first ?? blank(network)),
    ...(address === "" ? {} : { address }),
    ...(address6 === "" ? {} : { address6 }),
    ...chosen,
  };
  const endpoint = { ...main, aliases: [...main.aliases, ...aliases], links: [...main.links, ...links] };
  return { network, endpoints: [endpoint, ...others], links: [] };
}

/** `NAME`, or `name=NAME,alias=WORD,ip=ADDRESS,ip6=ADDRESS,driver-opt=KEY=VALUE`. */
function parseEndpoint(text: string): ContainerEndpoint {
  if (!text.includes("=")) return blank(text);
  const aliases: string[] = [];
  const options: [string, string][] = [];
  const single = new Map<string, string>();
  for (const [key, value] of parseCsvPairs(text, "--network")) {
    if (value === null) throw usageError(`invalid field "${key}" in network "${text}": expected KEY=VALUE`);
    if (key === "alias") aliases.push(value);
    else if (key === "driver-opt") options.push(pair(value, text));
    else if (key === "name" || key === "ip" || key === "ip6") single.set(key, value);
    else throw usageError(`invalid field "${key}" in network "${text}": expected name, alias, ip, ip6 or driver-opt`);
  }
  const name = single.get("name") ?? "";
  if (name === "") throw usageError(`invalid network "${text}" for --network: the name is missing`);
  const [address, address6] = [single.get("ip") ?? "", single.get("ip6") ?? ""];
  return { ...blank(name), aliases, address, address6, driverOptions: labelsOf(options) };
}

function pair(value: string, text: string): [string, string] {
  const at = value.indexOf("=");
  if (at < 1) throw usageError(`invalid driver-opt "${value}" in network "${text}": expected KEY=VALUE`);
  return [value.slice(0, at), value.slice(at + 1)];
}

function blank(network: string): ContainerEndpoint {
  return { network, aliases: [], address: "", address6: "", links: [], driverOptions: {}, swarmNetwork: "" };
}
