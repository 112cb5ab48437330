import { LABEL_CHANGE_OPTIONS } from "../label-flags.ts";
import { LIST_OPTIONS } from "../list-options.ts";
import type { OptionSpec } from "../option-spec.ts";
import { WAIT_OPTIONS } from "../service/options.ts";

export const CREATE_OPTIONS = [
  {
    flags: "-d, --driver <word>",
    help: "overlay (default), or bridge: a network of this host alone",
    words: ["overlay", "bridge"],
  },
  { flags: "--subnet <cidr>", help: "block of addresses; unless given, the swarm chooses one", repeat: true },
  { flags: "--gateway <address>", help: "gateway of the subnet it lies in (default: its first address)", repeat: true },
  { flags: "--ip-range <cidr>", help: "part of a subnet that tasks and services get addresses from", repeat: true },
  { flags: "--ipv4", help: "IPv4 addresses, which every network has" },
  { flags: "--ipv6", help: "IPv6 addresses as well" },
  { flags: "--internal", help: "no way out of the network" },
  { flags: "--attachable", help: "containers without a service may join it" },
  { flags: "--ingress", help: "make it the network that carries published ports" },
  { flags: "-l, --label <label>", help: "label KEY=VALUE", repeat: true },
  {
    flags: "-o, --opt <option>",
    help: "driver option KEY=VALUE: mtu, com.docker.network.driver.overlay.vxlanid_list",
    repeat: true,
  },
  {
    flags: "--scope <word>",
    help: "local: of this host, for containers without a service; swarm (default, but for bridge)",
    words: ["local", "swarm"],
  },
  { flags: "--ipam-driver <word>", help: "only default" },
  { flags: "--ipam-opt <option>", help: "refused: there is nothing to set", repeat: true },
  { flags: "--aux-address <address>", help: "NAME=ADDRESS of a subnet that nobody else is to get", repeat: true },
  { flags: "--config-only", help: "refused: a network is made in one step" },
  { flags: "--config-from <network>", help: "refused: a network is made in one step" },
] as const satisfies readonly OptionSpec[];

export const NETWORK_LIST_OPTIONS = [
  ...LIST_OPTIONS,
  { flags: "--no-trunc", help: "do not shorten ids" },
] as const satisfies readonly OptionSpec[];

export const NETWORK_INSPECT_OPTIONS = [
  { flags: "-f, --format <format>", help: "json, or a template such as '{{.Id}}'" },
  { flags: "-v, --verbose", help: "services on it as well, with virtual addresses, ports and tasks" },
] as const satisfies readonly OptionSpec[];

export const NETWORK_UPDATE_OPTIONS = [
  ...LABEL_CHANGE_OPTIONS,
  { flags: "--subnet-add <cidr>", help: "a further block of addresses, for a network that is full", repeat: true },
  { flags: "--gateway <address>", help: "gateway of an added subnet", repeat: true },
  { flags: "--ip-range <cidr>", help: "part of an added subnet that addresses come from", repeat: true },
] as const satisfies readonly OptionSpec[];

export const NETWORK_CONNECT_OPTIONS = [
  ...WAIT_OPTIONS,
  { flags: "--alias <word>", help: "another name for the service or container on this network", repeat: true },
  { flags: "--driver-opt <option>", help: "driver option KEY=VALUE, which is kept and shown", repeat: true },
  { flags: "--ip <address>", help: "address of a container; those of tasks are chosen by the swarm" },
  { flags: "--ip6 <address>", help: "the same of IPv6" },
  {
    flags: "--link <name>",
    help: "CONTAINER[:ALIAS]: a name that this container alone knows another by",
    repeat: true,
  },
  { flags: "--link-local-ip <address>", help: "refused: networks have no link-local addresses", repeat: true },
  { flags: "--gw-priority <number>", help: "refused: tasks have their way out through their host" },
] as const satisfies readonly OptionSpec[];

export const NETWORK_DISCONNECT_OPTIONS = [
  ...WAIT_OPTIONS,
  { flags: "-f, --force", help: "no error if the service or container is not on the network" },
] as const satisfies readonly OptionSpec[];

export const NETWORK_REMOVE_OPTIONS = [
  { flags: "-f, --force", help: "no error for a network that is not there, and no question for the ingress network" },
] as const satisfies readonly OptionSpec[];

export const NETWORK_PRUNE_OPTIONS = [
  { flags: "-f, --force", help: "do not ask" },
  { flags: "--filter <filter>", help: "only those with label=KEY or label=KEY=VALUE", repeat: true },
] as const satisfies readonly OptionSpec[];
