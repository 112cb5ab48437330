/** Who listens, out of the tables below /proc/net. */

export const LISTENER_TABLES = ["tcp", "tcp6", "udp", "udp6"] as const;

/** As the tables name them: TCP that listens, and UDP that is not bound to one peer. */
const LISTENING = { tcp: "0A", udp: "07" } as const;

/** Ports such as `tcp/80`. `text` is what the file says, with its line of headings. */
export function parseListeners(table: (typeof LISTENER_TABLES)[number], text: string): readonly string[] {
  const protocol = table.startsWith("tcp") ? "tcp" : "udp";
  return text.split("\n").flatMap((line) => {
    const [, , port = "", state] = /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F:]+ ([0-9A-F]{2}) /.exec(line) ?? [];
    return state === LISTENING[protocol] ? [`${protocol}/${Number.parseInt(port, 16)}`] : [];
  });
}
