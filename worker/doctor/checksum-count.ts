/** Where the kernel counts, for one network namespace: UDP over IPv4, and over IPv6. */
export const COUNTERS = ["/proc/net/snmp", "/proc/net/snmp6"] as const;

/** Packets of UDP that came with a wrong checksum since the namespace began, by the text of both files. Pure. */
export function wrongChecksums(snmp: string, snmp6: string): number {
  // Two lines: the names, and the numbers in the same order.
  const [names = [], numbers = []] = snmp
    .split("\n")
    .filter((line) => line.startsWith("Udp: "))
    .map((line) => line.split(" "));
  const overIpv4 = Number(numbers[names.indexOf("InCsumErrors")] ?? 0);
  const overIpv6 = Number(/^Udp6InCsumErrors\s+(\d+)$/m.exec(snmp6)?.[1] ?? 0);
  return overIpv4 + overIpv6;
}
