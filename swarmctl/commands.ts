import type { CommandSpec, GroupSpec, OptionSpec } from "./command-spec.ts";
import { NODE_COMMANDS } from "./node-commands.ts";
import { SERVICE_COMMANDS } from "./service-commands.ts";

const AVAILABILITY: OptionSpec = {
  flags: "--availability <word>",
  help: "availability of the node: active, pause or drain (default active)",
  words: ["active", "pause", "drain"],
};
const ADDRESSES: readonly OptionSpec[] = [
  {
    flags: "--advertise-addr <address>",
    help: "address given to other nodes: IP or INTERFACE, with :PORT if not 2377",
  },
  { flags: "--listen-addr <address>", help: "address to listen on (default 0.0.0.0:2377)" },
  {
    flags: "--data-path-addr <address>",
    help: "IP or interface for traffic between containers (default: as advertised)",
  },
];

/** Commands without a group, in the order of the help. */
export const TOP_COMMANDS: readonly CommandSpec[] = [
  {
    name: "init",
    summary: "Make a new swarm with this host as its manager",
    options: [...ADDRESSES, AVAILABILITY],
    examples: ["swarmctl init --advertise-addr 192.168.0.100", "swarmctl init --advertise-addr eth1"],
    load: () => import("./commands/init.ts"),
  },
  {
    name: "join",
    args: "<host:port>",
    summary: "Join a swarm as a node; the token decides whether as a worker or as a manager",
    options: [{ flags: "--token <token>", help: "token for entry into the swarm" }, ...ADDRESSES, AVAILABILITY],
    examples: ["swarmctl join --token SWMTKN-1-... 192.168.0.100:2377"],
    load: () => import("./commands/join.ts"),
  },
  {
    name: "join-token",
    args: "<worker|manager>",
    summary: "Show, or replace, the token with which hosts join",
    options: [
      { flags: "-q, --quiet", help: "only the token" },
      { flags: "--rotate", help: "make a new token; the old one stops working" },
    ],
    examples: ["swarmctl join-token worker", "swarmctl join-token --rotate -q manager"],
    completes: ["worker", "manager"],
    load: () => import("./commands/join-token.ts"),
  },
  {
    name: "ca",
    summary: "Show the swarm's root certificate, or replace the root after its key may have become known",
    options: [
      { flags: "--rotate", help: "replace the root, all node certificates and both join tokens" },
      {
        flags: "--ca-cert <file>",
        help: "with --rotate: PEM certificate of the new root (default: a new one is made)",
      },
      { flags: "--ca-key <file>", help: "with --rotate: PEM key of the new root, ECDSA P-256 in PKCS#8" },
      { flags: "--cert-expiry <duration>", help: "with --rotate: validity of node certificates (default 2160h)" },
      { flags: "-d, --detach", help: "with --rotate: do not wait until all nodes have renewed" },
      { flags: "-q, --quiet", help: "with --rotate: no progress" },
    ],
    examples: ["swarmctl ca", "swarmctl ca --rotate", "swarmctl ca --rotate --ca-cert root.pem --ca-key root.key"],
    load: () => import("./commands/ca.ts"),
  },
  {
    name: "gossip-key",
    summary: "Show when the keys of membership gossip were changed, or change them now",
    options: [
      { flags: "--rotate", help: "replace the oldest of the three keys; they change every 12 hours by themselves" },
    ],
    examples: ["swarmctl gossip-key", "swarmctl gossip-key --rotate"],
    load: () => import("./commands/gossip-key.ts"),
  },
  {
    name: "leave",
    summary: "Leave the swarm: stop this host's tasks and forget the swarm",
    options: [{ flags: "-f, --force", help: "also as a manager, even as the last one" }],
    examples: ["swarmctl leave", "swarmctl leave --force"],
    load: () => import("./commands/leave.ts"),
  },
  {
    name: "info",
    summary: "Show what this host's daemon knows",
    options: [{ flags: "--format <format>", help: "json, or a template such as '{{.Swarm.NodeID}}'" }],
    examples: ["swarmctl info", "swarmctl info --format json"],
    load: () => import("./commands/info.ts"),
  },
  {
    name: "version",
    summary: "Show the versions of swarmctl and of the daemon",
    options: [{ flags: "--format <format>", help: "json, or a template such as '{{.Client.Version}}'" }],
    examples: ["swarmctl version"],
    load: () => import("./commands/version.ts"),
  },
  {
    name: "completion",
    args: "<shell>",
    summary: "Print a completion script for a shell (bash)",
    examples: ["source <(swarmctl completion bash)"],
    completes: ["bash"],
    // It needs these very tables, so it gets them instead of importing them back.
    load: async () => ({ run: (await import("./commands/completion.ts")).createRun(TOP_COMMANDS, GROUPS) }),
  },
];

export const GROUPS: readonly GroupSpec[] = [
  { name: "node", summary: "Manage the nodes of the swarm", commands: NODE_COMMANDS },
  { name: "service", summary: "Manage services", commands: SERVICE_COMMANDS },
];
