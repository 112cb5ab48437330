import type { ContainerSpec, DnsConfig } from "../../shared/rpc/gen/objects.ts";

/** Texts of the files that every container gets from its host. */

/**
 * For /etc/hosts: the container's name for its own address, which programs look up to find out where they can be
 * reached, and the service's lines, "ADDRESS NAME". As in Docker a name with its domain stands before the name alone,
 * for `hostname --fqdn`.
 */
export function hostsFile(
  { hostname, domainname }: Pick<ContainerSpec, "hostname" | "domainname">,
  address: string,
  further: readonly string[],
): string {
  const whole = domainname === "" ? hostname : `${hostname}.${domainname}`;
  const [short = ""] = whole.split(".");
  return [
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "fe00::0\tip6-localnet",
    "ff00::0\tip6-mcastprefix",
    "ff02::1\tip6-allnodes",
    "ff02::2\tip6-allrouters",
    `${address}\t${whole === short ? whole : `${whole} ${short}`}`,
    // After its own line, which must be found first.
    ...further.map((line) => line.replace(" ", "\t")),
    "",
  ].join("\n");
}

/** Short names are asked for as they are, before they are tried in search domains; as in Docker. */
const NDOTS = "ndots:0";

/**
 * For /etc/resolv.conf of a task whose names this host answers: only `resolver`, which asks the servers that the
 * service names, or else the host's, for what it does not know. Search domains and options as in `resolvConf`, but with
 * short names asked for as they are, unless the service or the host says otherwise.
 */
export function swarmResolvConf(resolver: string, hostsOwn: string, dns: DnsConfig | null): string {
  const lines = resolvConf([resolver], hostsOwn, dns === null ? null : { ...dns, nameservers: [] })
    .trimEnd()
    .split("\n");
  const options = lines.filter((line) => line.startsWith("options"));
  const rest = lines.filter((line) => !line.startsWith("options"));
  const given = options.map((line) => line.slice("options".length).trim()).join(" ");
  const all = /(^|\s)ndots:/.test(given) ? given : `${given} ${NDOTS}`.trim();
  return [...rest, `options ${all}`, ""].join("\n");
}

/**
 * For /etc/resolv.conf: the network's name servers, or else the host's own except those that only the host can reach,
 * with the host's search domains and options. The service's settings replace each of the three.
 */
export function resolvConf(nameservers: readonly string[], hostsOwn: string, dns: DnsConfig | null): string {
  const lines = hostsOwn.split("\n").map((line) => line.trim());
  const of = (pattern: RegExp): readonly string[] => lines.filter((line) => pattern.test(line));
  const usable = of(/^nameserver\s/).filter((line) => !/^nameserver\s+(127\.|::1\b)/.test(line));
  const chosen = dns !== null && dns.nameservers.length > 0 ? dns.nameservers : nameservers;
  const servers = chosen.length > 0 ? chosen.map((address) => `nameserver ${address}`) : usable;
  const search = dns !== null && dns.search.length > 0 ? [`search ${dns.search.join(" ")}`] : of(/^(search|domain)\s/);
  const options = dns !== null && dns.options.length > 0 ? [`options ${dns.options.join(" ")}`] : of(/^options\s/);
  return [...servers, ...search, ...options, ""].join("\n");
}
