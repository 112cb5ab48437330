import type { CommandSpec } from "../command-spec.ts";
import {
  CA_OPTIONS,
  GOSSIP_KEY_OPTIONS,
  INIT_OPTIONS,
  JOIN_OPTIONS,
  JOIN_TOKEN_OPTIONS,
  LEAVE_OPTIONS,
  UNLOCK_KEY_OPTIONS,
  UPDATE_OPTIONS,
} from "./options.ts";

/** Commands for the swarm as a whole, and this host's part in it; without a group, since everyone starts with them. */
export const SWARM_COMMANDS: readonly CommandSpec[] = [
  {
    name: "init",
    summary: "Create a swarm with this host as its first manager",
    options: INIT_OPTIONS,
    examples: [
      "swarmctl init --advertise-addr 192.168.0.100",
      "swarmctl init --advertise-addr eth1 --default-addr-pool 172.28.0.0/14",
      "swarmctl init --force-new-cluster",
    ],
    load: () => import("./init.ts"),
  },
  {
    name: "join",
    args: "<host:port>",
    summary: "Join a swarm as a node; the token decides whether as a worker or as a manager",
    options: JOIN_OPTIONS,
    examples: ["swarmctl join --token SWMTKN-1-... 192.168.0.100:2377"],
    load: () => import("./join.ts"),
  },
  {
    name: "join-token",
    args: "<worker|manager>",
    summary: "Show or rotate the token that hosts join with",
    options: JOIN_TOKEN_OPTIONS,
    examples: ["swarmctl join-token worker", "swarmctl join-token --rotate -q manager"],
    completes: ["worker", "manager"],
    load: () => import("./join-token.ts"),
  },
  {
    name: "ca",
    summary: "Show the swarm's root certificate, or replace the root if its key may have leaked",
    options: CA_OPTIONS,
    examples: ["swarmctl ca", "swarmctl ca --rotate", "swarmctl ca --rotate --ca-cert root.pem --ca-key root.key"],
    load: () => import("./ca.ts"),
  },
  {
    name: "unlock",
    summary: "Unlock this host's manager, with the key on standard input or typed at a terminal",
    options: [],
    examples: ["swarmctl unlock", "swarmctl unlock < key"],
    load: () => import("./unlock.ts"),
  },
  {
    name: "unlock-key",
    summary: "Show or rotate the key that locked managers are unlocked with",
    options: UNLOCK_KEY_OPTIONS,
    examples: ["swarmctl unlock-key", "swarmctl unlock-key --rotate -q"],
    load: () => import("./unlock-key.ts"),
  },
  {
    name: "gossip-key",
    summary: "Show when the gossip keys were last rotated, or rotate them now",
    options: GOSSIP_KEY_OPTIONS,
    examples: ["swarmctl gossip-key", "swarmctl gossip-key --rotate"],
    load: () => import("./gossip-key.ts"),
  },
  {
    name: "update",
    summary: "Change settings of the swarm; settings that are not given stay as they are",
    options: UPDATE_OPTIONS,
    examples: ["swarmctl update --task-history-limit 2", "swarmctl update --snapshot-interval 20000"],
    load: () => import("./update.ts"),
  },
  {
    name: "leave",
    summary: "Leave the swarm: stop this host's tasks and forget the swarm",
    options: LEAVE_OPTIONS,
    examples: ["swarmctl leave", "swarmctl leave --force"],
    load: () => import("./leave.ts"),
  },
];
