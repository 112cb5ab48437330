/** Texts of the files every container gets from its host. */

/** For /etc/hosts: its own name for its own address, which programs ask for to say where they can be reached. */
export function hostsFile(hostname: string, address: string): string {
  return [
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "fe00::0\tip6-localnet",
    "ff00::0\tip6-mcastprefix",
    "ff02::1\tip6-allnodes",
    "ff02::2\tip6-allrouters",
    `${address}\t${hostname}`,
    "",
  ].join("\n");
}

/**
 * For /etc/resolv.conf: the network's name servers, or else the host's own except those that only the host can reach.
 * Search domains and options are the host's either way.
 */
export function resolvConf(nameservers: readonly string[], hostsOwn: string): string {
  const lines = hostsOwn.split("\n").map((line) => line.trim());
  const inherited = lines.filter((line) => /^(search|domain|options)\s/.test(line));
  const usable = lines.filter((line) => /^nameserver\s/.test(line) && !/^nameserver\s+(127\.|::1\b)/.test(line));
  const servers = nameservers.length > 0 ? nameservers.map((address) => `nameserver ${address}`) : usable;
  return [...servers, ...inherited, ""].join("\n");
}
