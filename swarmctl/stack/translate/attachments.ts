import type { ComposeProject } from "../../../shared/compose/project.ts";
import type { ComposeService } from "../../../shared/compose/service.ts";
import { labelsOf } from "../../../shared/objects/labels.ts";
import { PREDEFINED_NETWORKS } from "../../../shared/objects/network.ts";
import type { NetworkAttachmentConfig } from "../../../shared/rpc/gen/objects.ts";
import type { Reading } from "./field-row.ts";

/** What a use of a network can say that tasks of a swarm cannot have: their addresses are given to them. */
const REFUSED = [
  ["interface_name", "interfaceName"],
  ["ipv4_address", "ipv4Address"],
  ["ipv6_address", "ipv6Address"],
  ["mac_address", "macAddress"],
] as const;

/** By name; on each, the service is found by its short name, by its aliases, and by what others call it. */
export function attachmentsOf(reading: Reading): readonly NetworkAttachmentConfig[] {
  const { service, project, notes, path } = reading;
  if (service.networkMode !== null) return ofMode(service.networkMode, reading);
  const attachments = [...service.networks].flatMap(([key, use]): readonly NetworkAttachmentConfig[] => {
    const network = project.networks.get(key);
    const at = [...path, "networks", key];
    if (network === undefined) {
      notes.wrong(at, `service ${service.name} is on network ${key}, which the file does not define`);
      return [];
    }
    for (const [word, name] of REFUSED) {
      if (use[name] !== null)
        notes.unsupported([...at, word], `${word} is not supported: the swarm gives tasks theirs`);
    }
    if (use.linkLocalIps.length > 0)
      notes.unsupported([...at, "link_local_ips"], "link_local_ips is not supported: the swarm gives tasks theirs");
    const hasNames = !(network.isExternal && PREDEFINED_NETWORKS.has(network.name));
    const aliases = hasNames ? [service.name, ...use.aliases, ...furtherNames(service, project, key)] : [];
    return [{ target: network.name, aliases: unique(aliases), driverOptions: labelsOf(use.driverOptions) }];
  });
  return attachments.toSorted((a, b) => (a.target < b.target ? -1 : 1));
}

function ofMode(mode: string, { notes, path }: Reading): readonly NetworkAttachmentConfig[] {
  if (PREDEFINED_NETWORKS.has(mode)) return [{ target: mode, aliases: [], driverOptions: labelsOf([]) }];
  notes.unsupported(
    [...path, "network_mode"],
    `network_mode ${mode} is not supported: expected ${[...PREDEFINED_NETWORKS.keys()].join(", ")}`,
  );
  return [];
}

/** Its container's name, and what services on the same network call it in their `links`. */
function furtherNames({ name, containerName }: ComposeService, project: ComposeProject, network: string): string[] {
  const linked = [...project.services.values()]
    .filter(({ networks }) => networks.has(network))
    .flatMap(({ links }) => links)
    .map((link) => link.split(":"))
    .flatMap(([target, alias]) => (target === name && alias !== undefined ? [alias] : []));
  return [...(containerName === null ? [] : [containerName]), ...linked];
}

/** Names are the same whatever their case. */
function unique(names: readonly string[]): readonly string[] {
  const lower = names.map((name) => name.toLowerCase());
  return names.filter((_, at) => lower.indexOf(lower[at] ?? "") === at);
}
