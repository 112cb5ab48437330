/**
 * Faults of the network as nftables rules in the switch: partitions and loss. Pure: `applyRules` (cables.ts) brings
 * them there.
 */
import { LabError } from "./names.ts";

const SPLIT_TABLE = "lab_split";
const LOSS_TABLE = "lab_loss";

/**
 * "host1 host2 | host3" to groups. @throws LabError for unknown hosts, a host in two groups, or fewer than two groups.
 */
export function parseSplit(text: string, hosts: readonly string[]): readonly (readonly string[])[] {
  const groups = text.split("|").map((group) => group.split(/[\s,]+/).filter(Boolean));
  if (groups.length < 2 || groups.some((group) => group.length === 0))
    throw new LabError(`${JSON.stringify(text)} is not a split; write the groups as "host1 host2 | host3".`);
  const named = groups.flat();
  for (const host of named) {
    if (!hosts.includes(host)) throw new LabError(`there is no ${host} in this lab; it has ${hosts.join(", ")}.`);
    if (named.indexOf(host) !== named.lastIndexOf(host)) throw new LabError(`${host} is named twice in the split.`);
  }
  return groups;
}

/** Rules that keep groups from each other. Hosts in no group, the hub and the client still reach everyone. */
export function splitRules(groups: readonly (readonly string[])[]): string {
  const pairs = groups.flatMap((group) =>
    group.flatMap((from) =>
      groups.filter((other) => other !== group).flatMap((other) => other.map((to) => `"${from}" . "${to}"`)),
    ),
  );
  return [
    emptyTable(SPLIT_TABLE),
    `table bridge ${SPLIT_TABLE} {`,
    `  set apart { type ifname . ifname; elements = { ${pairs.join(", ")} }; }`,
    "  chain forward { type filter hook forward priority 0; iifname . oifname @apart drop; }",
    "}",
  ].join("\n");
}

export function joinRules(): string {
  return emptyTable(SPLIT_TABLE);
}

/** `percent` of the frames to and from a host are lost, each independently; 0 ends it. */
export function lossRules(host: string, percent: number): string {
  // One table per host, so that the rules of one can be replaced without knowing those of the others.
  const table = `${LOSS_TABLE}_${host}`;
  if (percent === 0) return emptyTable(table);
  const chance = percent === 100 ? "drop" : `numgen random mod 100 < ${percent} drop`;
  return [
    emptyTable(table),
    `table bridge ${table} {`,
    `  chain from { type filter hook prerouting priority -300; iifname "${host}" ${chance}; }`,
    `  chain to { type filter hook postrouting priority 300; oifname "${host}" ${chance}; }`,
    "}",
  ].join("\n");
}

/** @throws LabError unless it is a whole number from 0 to 100, with or without a % sign. */
export function parsePercent(text: string): number {
  const percent = /^(\d{1,3})%?$/.exec(text)?.[1];
  if (percent === undefined || Number(percent) > 100)
    throw new LabError(`${JSON.stringify(text)} is not a percentage; give a whole number from 0 to 100.`);
  return Number(percent);
}

/** Adding before deleting makes the deletion work for a table that does not exist yet. */
function emptyTable(name: string): string {
  return `table bridge ${name} {}\ndelete table bridge ${name}`;
}
