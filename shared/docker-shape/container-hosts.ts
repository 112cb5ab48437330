import { SwarmError } from "../errors.ts";

/** ExtraHosts, NAME:ADDRESS or NAME=ADDRESS each, as lines of /etc/hosts. @throws SwarmError invalidArgument. */
export function fromExtraHosts(hosts: readonly string[]): readonly string[] {
  return hosts.map((text) => {
    const [, name, bracketed, plain] = /^([^:=\s]+)[:=](?:\[([^\]]+)\]|(.+))$/.exec(text) ?? [];
    const address = bracketed ?? plain;
    if (name !== undefined && address !== undefined) return `${address} ${name}`;
    throw new SwarmError("invalidArgument", `bad format for add-host: ${JSON.stringify(text.slice(0, 200))}`);
  });
}

/** Lines of /etc/hosts as ExtraHosts. */
export function toExtraHosts(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => {
    const [address = "", ...names] = line.split(" ");
    return names.map((name) => `${name}:${address}`);
  });
}
