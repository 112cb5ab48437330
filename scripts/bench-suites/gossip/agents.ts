import type { ChildProcess } from "node:child_process";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { BenchNet } from "./bench-net.ts";

export type AgentKind = "serf" | "ours" | "ours-lan";
/** What an agent noticed about another. */
export type Sight = "came" | "died" | "changed";
export type Listener = (by: string, sight: Sight, of: string) => void;

const execute = promisify(execFile);
/** As long as a node's id. */
const NAME_LENGTH = 25;
const RPC_PORT = 7373;
const OUR_SIGHTS: Readonly<Record<string, Sight>> = { joined: "came", died: "died", updated: "changed" };
const SERF_SIGHTS: Readonly<Record<string, Sight>> = { Join: "came", Failed: "died", Update: "changed" };
const SERF_LINE = /EventMember(Join|Failed|Update): (\S+)/;

/** One process that gossips. */
export interface Agent {
  readonly name: string;
  /** Changes its metadata. */
  change(value: string): Promise<void>;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
}

const addressOf = (index: number): string => `127.0.1.${index}`;
const nameOf = (kind: AgentKind, index: number): string =>
  kind === "serf" ? `host${index}` : `host${index}`.padEnd(NAME_LENGTH, "x");

/** Starts number `index` of its kind; it joins by number 1. */
export function startAgent(net: BenchNet, kind: AgentKind, index: number, listener: Listener): Agent {
  return kind === "serf" ? startSerf(net, index, listener) : startOurs(net, kind, index, listener);
}

function startOurs(net: BenchNet, kind: AgentKind, index: number, listener: Listener): Agent {
  const name = nameOf(kind, index);
  const program = join(import.meta.dirname, "our-agent.ts");
  const profile = kind === "ours-lan" ? "lan" : "swarm";
  const seed = index === 1 ? [] : [addressOf(1)];
  const command = [process.execPath, program, addressOf(index), name, profile, ...seed];
  const agent = net.spawn(command, ["ignore", "ignore", "inherit", "ipc"]);
  agent.on("message", (message: { change: string; name: string }) => {
    const sight = OUR_SIGHTS[message.change];
    if (sight !== undefined) listener(name, sight, message.name);
  });
  return {
    name,
    change: async (value) => void agent.send(value),
    kill: () => kill(agent),
  };
}

function startSerf(net: BenchNet, index: number, listener: Listener): Agent {
  const name = nameOf("serf", index);
  const rpc = `-rpc-addr=${addressOf(index)}:${RPC_PORT}`;
  const seed = index === 1 ? [] : [`-retry-join=${addressOf(1)}`, "-retry-interval=1s"];
  const flags = [`-node=${name}`, `-bind=${addressOf(index)}`, rpc, "-tag=role=worker", ...seed];
  const agent = net.spawn(["serf", "agent", ...flags], ["ignore", "pipe", "inherit"]);
  if (agent.stdout !== null) {
    createInterface({ input: agent.stdout }).on("line", (line) => {
      const [, event = "", of = ""] = SERF_LINE.exec(line) ?? [];
      const sight = SERF_SIGHTS[event];
      if (sight !== undefined) listener(name, sight, of);
    });
  }
  return {
    name,
    change: async (value) => {
      await execute("nsenter", [`--net=${net.path}`, "serf", "tags", rpc, "-set", `version=${value}`]);
    },
    kill: () => kill(agent),
  };
}

async function kill(agent: ChildProcess): Promise<void> {
  if (agent.exitCode !== null || agent.signalCode !== null) return;
  const ended = new Promise((resolve) => agent.once("exit", resolve));
  agent.kill("SIGKILL");
  await ended;
}
