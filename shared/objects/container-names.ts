import { parseIpAddress } from "../address.ts";
import { SwarmError } from "../errors.ts";

/** Underscores are not valid in DNS, but programs look up such names, and the file may contain them. */
const HOST = /^[a-zA-Z0-9_](?:[a-zA-Z0-9_.-]{0,252}[a-zA-Z0-9_])?$/;
const SEARCH_DOMAIN = /^(?=.{1,253}\.?$)[a-zA-Z0-9_](?:[a-zA-Z0-9_.-]*[a-zA-Z0-9_])?\.?$/;
const RESOLVER_OPTION = /^[a-z][a-z0-9-]*(?::[0-9]{1,5})?$/;

/** In place of an address: the host that the container runs on, as it reaches that. */
export const HOST_GATEWAY = "host-gateway";

/** A further line of a container's /etc/hosts, ADDRESS NAME [NAME...], as Docker stores it. @throws SwarmError. */
export function parseHostsLine(line: string): { readonly address: string; readonly names: readonly string[] } {
  const [address = "", ...names] = line.split(" ");
  if (names.length === 0) throw invalid("host", line, "expected an address and a name");
  if (address !== HOST_GATEWAY) parseIpAddress(address, "address of a host");
  for (const name of names)
    if (!HOST.test(name)) throw invalid("host", name, "it is not a name that /etc/hosts can hold");
  return { address, names };
}

/** @throws SwarmError invalidArgument. */
export function checkSearchDomain(domain: string): void {
  if (domain !== "." && !SEARCH_DOMAIN.test(domain)) throw invalid("search domain", domain, "it is not a DNS name");
}

/** @throws SwarmError invalidArgument. */
export function checkResolverOption(option: string): void {
  if (!RESOLVER_OPTION.test(option)) {
    throw invalid("DNS option", option, "expected one of resolv.conf, such as ndots:2 or rotate");
  }
}

function invalid(what: string, text: string, sentence: string): SwarmError {
  return new SwarmError("invalidArgument", `invalid ${what} ${JSON.stringify(text.slice(0, 200))}: ${sentence}`);
}
