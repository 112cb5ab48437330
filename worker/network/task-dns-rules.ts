import { NFT_TABLE } from "./names.ts";

/**
 * Where tasks on networks of their own find their DNS server. The same as Docker's, since configurations of many images
 * name it (`resolver 127.0.0.11`).
 */
export const TASK_RESOLVER = "127.0.0.11";
export const DNS_PORT = 53;

export interface TaskDnsRules {
  /** The host link's gateway, where this host's DNS server listens. */
  readonly gateway: string;
  /**
   * The task may have packet rules of its own (NET_ADMIN): then all its connections are tracked, which such rules may
   * rely on. Otherwise only those to the DNS server are, and its own traffic pays nothing.
   */
  readonly mayHaveRules: boolean;
}

/** Whether a task with these added capabilities may have packet rules of its own. */
export function mayHaveRules(capabilityAdd: readonly string[]): boolean {
  return capabilityAdd.some((name) => /^(?:ALL|(?:CAP_)?NET_ADMIN)$/i.test(name));
}

/**
 * Settings below /proc/sys/ of the task's namespace that the rules need: packets to and from loopback addresses cross
 * the task's host link. Said of all devices, so that it holds for a link that takes the place of one that somebody has
 * removed. What may come in that way is what `renderTaskDns` lets in.
 */
export const TASK_DNS_SYSCTLS: ReadonlyMap<string, string> = new Map([["net/ipv4/conf/all/route_localnet", "1"]]);

/**
 * The input of `nft -f -` for the task's namespace: what it sends to port 53 of 127.0.0.11 goes to the gateway, and the
 * answers come back as if from there. The same for the task's whole life; may be loaded again at any time.
 *
 * `notrack` is said before the connection table looks (priority raw). Answers are recognised by where they come from,
 * because at that point nothing else is known of them.
 */
export function renderTaskDns({ gateway, mayHaveRules }: TaskDnsRules): string {
  const toResolver = (protocol: string): string => `ip daddr ${TASK_RESOLVER} ${protocol} dport ${DNS_PORT}`;
  const untracked = mayHaveRules
    ? []
    : [
        // Nearly every packet is done with after the first rule.
        ...chain("untracked_out", "filter hook output priority raw", [
          `ip daddr != ${TASK_RESOLVER} notrack accept`,
          `${toResolver("udp")} accept`,
          `${toResolver("tcp")} accept`,
          "notrack",
        ]),
        ...chain("untracked_in", "filter hook prerouting priority raw + 1", [
          `ip saddr != ${gateway} notrack accept`,
          `ip saddr ${gateway} udp sport ${DNS_PORT} accept`,
          `ip saddr ${gateway} tcp sport ${DNS_PORT} accept`,
          // That nobody listens there.
          `ip saddr ${gateway} icmp type destination-unreachable accept`,
          "notrack",
        ]),
      ];
  const lines = [
    // What is addressed to a loopback address, or comes from one, came from here; see `TASK_DNS_SYSCTLS`.
    ...chain("guard", "filter hook prerouting priority raw", [
      'ip daddr 127.0.0.0/8 iifname != "lo" drop',
      'ip saddr 127.0.0.0/8 iifname != "lo" drop',
    ]),
    ...untracked,
    ...chain("resolver", "nat hook output priority -100", [
      `${toResolver("udp")} dnat to ${gateway}:${DNS_PORT}`,
      `${toResolver("tcp")} dnat to ${gateway}:${DNS_PORT}`,
    ]),
    // Under the task's own address on that link: under a loopback address nothing could be answered.
    ...chain("own_address", "nat hook postrouting priority srcnat", [
      `ip saddr 127.0.0.0/8 ip daddr ${gateway} masquerade`,
    ]),
  ];
  const table = [`table ip ${NFT_TABLE} {`, ...lines.map((line) => `  ${line}`), "}", ""];
  return [`table ip ${NFT_TABLE} {}`, `delete table ip ${NFT_TABLE}`, ...table].join("\n");
}

function chain(name: string, hook: string, rules: readonly string[]): readonly string[] {
  return [`chain ${name} {`, `  type ${hook}; policy accept;`, ...rules.map((rule) => `  ${rule}`), "}"];
}
