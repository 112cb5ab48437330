/** The lab's network: a switch (bridge) in the hub and a cable (veth pair) to every other machine. */

import { mustBeOn, runOn } from "./machines.ts";
import { addressOf, HUB, labNetwork, macOf } from "./names.ts";

const SWITCH = "switch";

/**
 * The hub routes (to nowhere); it answers "unreachable" without a rate limit, because a caller whose answer was
 * suppressed waits for seconds; and it keeps the switch's frames away from its own packet filter and connection
 * tracking.
 */
const HUB_SETTINGS = [
  "cd /proc/sys/net",
  "echo 1 > ipv4/ip_forward",
  "echo 0 > ipv4/icmp_ratelimit",
  "echo 1 > ipv6/conf/all/forwarding",
  "echo 0 > ipv6/icmp/ratelimit",
  "for setting in bridge/bridge-nf-call-*; do if [ -e $setting ]; then echo 0 > $setting; fi; done",
].join("; ");

/** Makes the switch, once the hub is running. */
export async function installSwitch(): Promise<void> {
  await ipBatch(HUB, [
    // A MAC address of its own: otherwise a bridge takes that of one of its ports, and changes it when a host is
    // powered off, while everybody else still sends to the old one for seconds.
    `link add ${SWITCH} address ${macOf(HUB)} type bridge`,
    `address add ${addressOf(HUB)}/${labNetwork().bits} dev ${SWITCH} ${atOnce()}`,
    `link set ${SWITCH} up`,
    // The hub is everybody's gateway to nowhere: it answers "unreachable", where without a route callers would have to
    // wait.
    `route add unreachable ${labNetwork().everywhere}`,
  ]);
  await runOn(HUB, ["sh", "-c", HUB_SETTINGS]);
}

/** Lays the cable of a machine and gives it its address. */
export async function plugIn(machine: string): Promise<void> {
  await ipBatch(HUB, [
    `link add ${machine} type veth peer name eth0 netns ${mustBeOn(machine)} address ${macOf(machine)}`,
    `link set ${machine} master ${SWITCH}`,
    `link set ${machine} up`,
  ]);
  await ipBatch(machine, [
    `address add ${addressOf(machine)}/${labNetwork().bits} dev eth0 ${atOnce()}`,
    "link set eth0 up",
    `route add ${labNetwork().everywhere} via ${addressOf(HUB)}`,
  ]);
}

/** Nobody else has the address: no second of waiting for an objection. */
function atOnce(): string {
  return addressOf(HUB).includes(":") ? "nodad" : "";
}

/**
 * Removes the cable of a machine that is off. The kernel would do so together with the machine's network, but that
 * stays for minutes if dead processes left connections on which the kernel is still trying to send.
 */
export async function unplug(machine: string): Promise<void> {
  // Usually it is gone already.
  await runOn(HUB, ["sh", "-c", `ip link delete ${machine} 2>&- || ! ip link show ${machine} 2>&-`]);
}

/** At the switch's end, so that the machine loses its carrier, and nothing it does can restore it. */
export async function setCable(machine: string, state: "up" | "down"): Promise<void> {
  await ipBatch(HUB, [`link set ${machine} ${state}`]);
}

/** Loads nftables rules (faults.ts) into the switch. */
export async function applyRules(rules: string): Promise<void> {
  await runOn(HUB, ["nft", "-f", "-"], `${rules}\n`);
}

async function ipBatch(machine: string, commands: readonly string[]): Promise<void> {
  await runOn(machine, ["ip", "-batch", "-"], `${commands.join("\n")}\n`);
}
