import { ON_OFF, STRATEGIES } from "../../shared/service-spec/strategies.ts";
import type { OptionSpec } from "../option-spec.ts";

const AVAILABILITY = {
  flags: "--availability <word>",
  help: "availability of the node: active, pause or drain (default active)",
  words: ["active", "pause", "drain"],
} as const satisfies OptionSpec;

const ADDRESSES = [
  {
    flags: "--advertise-addr <address>",
    help: "address that other nodes use: IP or INTERFACE, with :PORT if not 2377",
  },
  { flags: "--listen-addr <address>", help: "address to listen on (default 0.0.0.0:2377)" },
  {
    flags: "--data-path-addr <address>",
    help: "IP or interface for traffic between containers (default: as advertised)",
  },
] as const satisfies readonly OptionSpec[];

/** Options of init and join: the host's settings as a node. */
export const NODE_OPTIONS = [...ADDRESSES, AVAILABILITY] as const satisfies readonly OptionSpec[];

/** Of `update`, and of a swarm from its start. */
export const UPDATE_OPTIONS = [
  {
    flags: "--autolock",
    help: "lock managers: each needs the unlock key after a restart of its daemon (off again: --autolock=false)",
  },
  { flags: "--cert-expiry <duration>", help: "validity of node certificates that are issued from now on" },
  {
    flags: "--dispatcher-heartbeat <duration>",
    help: "how often a node and the leader send each other a heartbeat; a node is silent after three missed ones",
  },
  {
    flags: "--disconnect-grace <duration>",
    help: "how long a silent node whose host still answers keeps its tasks",
  },
  {
    flags: "--placement-strategy <word>",
    help: "how tasks are placed whose service does not say it: spread or binpack",
    words: STRATEGIES,
  },
  {
    flags: "--preemption <word>",
    help: "on: tasks without room may stop tasks of services with a lower --priority; off",
    words: Object.keys(ON_OFF),
  },
  {
    flags: "--rebalance <word>",
    help: "whether tasks are moved by themselves to even out the load: on or off (default off)",
    words: ["on", "off"],
  },
  {
    flags: "--rebalance-parallelism <number>",
    help: "such moves at the same time, of those that somebody asks for, too (default 2)",
  },
  {
    flags: "--rebalance-min-gain <number>",
    help: "tasks by which two nodes have to differ, beyond the one that moves, for a move (default 1)",
  },
  {
    flags: "--rebalance-cooldown <duration>",
    help: "how long a task stays where it is, and a node has to be ready, before moves without being asked (default 5m)",
  },
  { flags: "--snapshot-interval <number>", help: "log entries between two snapshots of a manager's state" },
  {
    flags: "--task-history-limit <number>",
    help: "tasks kept per slot, including the running one; negative: all",
  },
] as const satisfies readonly OptionSpec[];

export const INIT_OPTIONS = [
  ...NODE_OPTIONS,
  {
    flags: "--default-addr-pool <cidr>",
    help: "block out of which networks get their addresses (default 10.0.0.0/8)",
    repeat: true,
  },
  {
    flags: "--default-addr-pool-mask-length <number>",
    help: "prefix length of the block that each network gets (default 24)",
  },
  { flags: "--data-path-port <number>", help: "UDP port of traffic between containers (default 4789)" },
  {
    flags: "--force-new-cluster",
    help: "no new swarm: go on with this manager alone after a majority of the managers was lost",
  },
  ...UPDATE_OPTIONS,
] as const satisfies readonly OptionSpec[];

export const JOIN_OPTIONS = [
  { flags: "--token <token>", help: "token for entry into the swarm" },
  ...NODE_OPTIONS,
] as const satisfies readonly OptionSpec[];

export const JOIN_TOKEN_OPTIONS = [
  { flags: "-q, --quiet", help: "print only the token" },
  { flags: "--rotate", help: "make a new token; the old one stops working" },
] as const satisfies readonly OptionSpec[];

export const UNLOCK_KEY_OPTIONS = [
  { flags: "-q, --quiet", help: "print only the key" },
  { flags: "--rotate", help: "lock managers with a new key; one that is down needs the old one once more" },
] as const satisfies readonly OptionSpec[];

export const GOSSIP_KEY_OPTIONS = [
  { flags: "--rotate", help: "replace the oldest of the three keys; this happens every 12 hours anyway" },
] as const satisfies readonly OptionSpec[];

export const LEAVE_OPTIONS = [
  { flags: "-f, --force", help: "leave even as a manager, and even as the last one" },
] as const satisfies readonly OptionSpec[];

export const CA_OPTIONS = [
  { flags: "--rotate", help: "replace the root, all node certificates and both join tokens" },
  {
    flags: "--ca-cert <file>",
    help: "with --rotate: PEM certificate of the new root (default: a new one is made)",
  },
  { flags: "--ca-key <file>", help: "with --rotate: PEM key of the new root, ECDSA P-256 in PKCS#8" },
  { flags: "--cert-expiry <duration>", help: "with --rotate: validity of node certificates (default 2160h)" },
  { flags: "-d, --detach", help: "with --rotate: do not wait until all nodes have renewed their certificates" },
  { flags: "-q, --quiet", help: "with --rotate: show no progress" },
] as const satisfies readonly OptionSpec[];
