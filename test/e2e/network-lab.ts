/** Hosts made of network namespaces on one bridge, each with its own process of the worker's network part. */

import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { toolPath } from "../../scripts/lab-parts/tools.ts";
import type { TaskId } from "../../shared/ids.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { networkNamespaceName } from "../../worker/network/names.ts";
import type { TaskNetwork } from "../../worker/ports/host-network.ts";
import type { HostAnswer, HostCall } from "./network-host.ts";

export const BUSYBOX = await toolPath("busybox");
/** Longer than anything here takes on a busy machine; a hang shows as a failure instead of a stuck run. */
const PATIENCE_MS = 120_000;
/** How long an answer may take that must come. */
const ANSWER_SECONDS = 60;
/** How long nothing must come where none may: what is dropped does not come later. */
const SILENCE_SECONDS = 2;

/** A program that answers each line with one line. */
export class Dialogue {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;
  readonly #waiting: ((line: string | null) => void)[] = [];

  constructor(argv: readonly [string, ...string[]]) {
    // All of them speak through ours, however many there are.
    process.stderr.setMaxListeners(0);
    this.#child = spawn(argv[0], argv.slice(1), { stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr.pipe(process.stderr);
    this.#child.stdin.on("error", () => {});
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#lines.on("line", (line) => this.#waiting.shift()?.(line));
    this.#child.once("close", () => {
      for (const settle of this.#waiting.splice(0)) settle(null);
    });
  }

  /** @throws Error when no answer comes in time. */
  say(line: string): Promise<string> {
    if (this.#child.exitCode !== null) return Promise.reject(new Error("the program has ended"));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${line.slice(0, 100)}`)), PATIENCE_MS);
      this.#waiting.push((answer) => {
        clearTimeout(timer);
        if (answer === null) reject(new Error(`the program ended instead of answering ${line.slice(0, 100)}`));
        else resolve(answer);
      });
      this.#child.stdin.write(`${line}\n`);
    });
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.kill("SIGKILL");
    await gone;
  }
}

export interface LabHost {
  readonly name: string;
  readonly nodeId: string;
  /** On the hosts' link, 10.98.0.x. */
  readonly address: string;
  /** The same of IPv6, fd98::x. */
  readonly address6: string;
  /** On the ingress network, 10.0.0.x. */
  readonly ingressAddress: string;
}

/** Where a program of the test may run. */
export type Place = LabHost | LabTask | LabNetwork | "client";

/** A user network's namespace on a host. */
export interface LabNetwork {
  readonly path: string;
}

export interface LabTask {
  readonly id: TaskId;
  readonly host: LabHost;
  readonly network: TaskNetwork & { readonly namespacePath: string };
}

/** Asks all the time. */
export interface Hammer {
  stop(): Promise<{ readonly answered: number; readonly failed: number }>;
}

/** Everything made here is removed by disposing it, also what a failed test left. */
export class NetworkLab implements AsyncDisposable {
  readonly hosts: readonly LabHost[];
  /** Of every call so far. */
  readonly timings: {
    readonly host: string;
    readonly call: HostCall;
    readonly ms: number;
  }[] = [];
  readonly #prefix = `swt${process.pid}`;
  /** Each host's state is in a folder of its name. */
  readonly directory = mkdtempSync(join(tmpdir(), "swarm-network-"));
  readonly #program: string;
  readonly #daemons = new Map<string, Dialogue>();
  readonly #servers = new Map<TaskId, Dialogue>();
  readonly #others: Dialogue[] = [];

  /** `program`: what runs on each host, beside this file. */
  constructor(count: number, program = "network-host.ts") {
    this.#program = program;
    this.hosts = Array.from({ length: count }, (_, at) => ({
      name: `host${at + 1}`,
      nodeId: `node${at + 1}`.padEnd(25, "0"),
      address: `10.98.0.${at + 1}`,
      address6: `fd98::${at + 1}`,
      ingressAddress: `10.0.0.${at + 2}`,
    }));
  }

  up(): void {
    const hub = this.#namespace("hub");
    ip("netns", "add", hub);
    ip("-n", hub, "link", "add", "name", "lan", "type", "bridge");
    ip("-n", hub, "link", "set", "lan", "up");
    const members = [...this.hosts, { name: "client", address: "10.98.0.200", address6: "fd98::200" }];
    for (const { name, address, address6 } of members) {
      const namespace = this.#namespace(name);
      ip("netns", "add", namespace);
      ip("-n", namespace, "link", "set", "lo", "up");
      ip("-n", namespace, "link", "add", "eth0", "type", "veth", "peer", "name", name, "netns", hub);
      ip("-n", hub, "link", "set", name, "master", "lan", "up");
      ip("-n", namespace, "address", "add", `${address}/24`, "dev", "eth0");
      ip("-n", namespace, "address", "add", `${address6}/64`, "dev", "eth0", "nodad");
      ip("-n", namespace, "link", "set", "eth0", "up");
    }
    for (const host of this.hosts) this.startDaemon(host);
  }

  startDaemon(host: LabHost): void {
    const program = join(import.meta.dirname, this.#program);
    const argv = [process.execPath, program, host.nodeId, join(this.directory, host.name)];
    this.#daemons.set(host.name, new Dialogue(["nsenter", `--net=${this.#path(host.name)}`, ...argv]));
  }

  async killDaemon(host: LabHost): Promise<void> {
    await this.#daemons.get(host.name)?.end();
  }

  /** Calls the host's network part. @throws Error with its sentence when it refuses. */
  async call<T>(host: LabHost, call: HostCall, argument: unknown = null): Promise<T> {
    const daemon = this.#daemons.get(host.name);
    if (daemon === undefined) throw new Error(`${host.name} has no daemon`);
    const answer = JSON.parse(await daemon.say(JSON.stringify({ call, argument }))) as HostAnswer;
    this.timings.push({ host: host.name, call, ms: answer.ms });
    if (answer.error !== null) throw new Error(answer.error);
    return answer.value as T;
  }

  async applyEverywhere(tables: readonly NetworkTable[]): Promise<void> {
    await Promise.all(this.hosts.map((host) => this.call(host, "apply", tables)));
  }

  /**
   * Attaches the task and runs a server in it that answers on the ports with the task's name and the peer's address.
   */
  async startTask(host: LabHost, task: Task, ports: { readonly tcp: number; readonly udp: number }): Promise<LabTask> {
    const network = await this.call<LabTask["network"]>(host, "attach", task);
    const program = join(import.meta.dirname, "network-task.ts");
    const argv = [process.execPath, program, task.id, String(ports.tcp), String(ports.udp)];
    const server = new Dialogue(["nsenter", `--net=${network.namespacePath}`, ...argv]);
    this.#servers.set(task.id, server);
    await server.say("are you there");
    return { id: task.id, host, network };
  }

  async stopTask(task: LabTask): Promise<void> {
    await this.#servers.get(task.id)?.end();
    this.#servers.delete(task.id);
    await this.call(task.host, "detach", task.id);
  }

  /** Runs a program in a host's namespace, the client's, or a task's; resolves with what it printed. */
  run(where: Place, ...argv: readonly string[]): string {
    return execFileSync("nsenter", [`--net=${this.#whereabouts(where)}`, ...argv], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** Starts a program that answers each line on its standard input with one line. It ends with the lab. */
  talk(where: Place, ...argv: readonly string[]): Dialogue {
    const dialogue = new Dialogue(["nsenter", `--net=${this.#whereabouts(where)}`, ...argv]);
    this.#others.push(dialogue);
    return dialogue;
  }

  /** One question over a fresh connection; the answer names task and peer, or is "refused" or "silent". */
  ask(where: Place, protocol: "tcp" | "udp", address: string, port: number, seconds: number = ANSWER_SECONDS): string {
    const script = `exec 3<>/dev/${protocol}/${address}/${port} || exit 7; echo hello >&3 && head -n1 <&3`;
    try {
      return this.run(where, "timeout", String(seconds), "bash", "-c", script).trim() || "silent";
    } catch (error) {
      return (error as { status?: number }).status === 7 ? "refused" : "silent";
    }
  }

  /** Whether nobody answers and nobody refuses. */
  isSilent(where: Place, protocol: "tcp" | "udp", address: string, port: number): boolean {
    return this.ask(where, protocol, address, port, SILENCE_SECONDS) === "silent";
  }

  /** A connection that stays open; each `say` is one question on it. */
  converse(where: Place, protocol: "tcp" | "udp", address: string, port: number): Dialogue {
    const script =
      `exec 3<>/dev/${protocol}/${address}/${port}; while read line; do echo "$line" >&3; ` +
      `answer=$(timeout ${ANSWER_SECONDS} head -n1 <&3); echo "\${answer:-silent}"; done 2>/dev/null`;
    const dialogue = new Dialogue(["nsenter", `--net=${this.#whereabouts(where)}`, "bash", "-c", script]);
    this.#others.push(dialogue);
    return dialogue;
  }

  /** A TCP connection from a given source port. */
  connectFrom(where: Place, sourcePort: number, address: string, port: number): Dialogue {
    const argv = [BUSYBOX, "nc", "-p", String(sourcePort), address, String(port)];
    const dialogue = new Dialogue(["nsenter", `--net=${this.#whereabouts(where)}`, ...argv]);
    this.#others.push(dialogue);
    return dialogue;
  }

  /**
   * Asks over one fresh connection after another until told to stop, which resolves with how many were and were not
   * answered. Resolves once the first request is over: on a busy machine a program may take seconds to begin.
   */
  async hammer(where: Place, address: string, port: number): Promise<Hammer> {
    const script =
      `read; answered=0; failed=0; while ! read -t 0; do if exec 3<>/dev/tcp/${address}/${port} && echo hello >&3 && ` +
      `IFS= read -r -t ${ANSWER_SECONDS} answer <&3; then answered=$((answered + 1)); else failed=$((failed + 1)); fi; ` +
      `exec 3<&- 3>&-; [ $((answered + failed)) -gt 1 ] || echo "under way"; done 2>/dev/null; echo "$answered $failed"`;
    const dialogue = new Dialogue(["nsenter", `--net=${this.#whereabouts(where)}`, "bash", "-c", script]);
    this.#others.push(dialogue);
    await dialogue.say("begin");
    return {
      async stop() {
        const [answered = 0, failed = 0] = (await dialogue.say("stop")).split(" ").map(Number);
        return { answered, failed };
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const dialogue of [...this.#others, ...this.#servers.values()]) await dialogue.end();
    for (const host of this.hosts) await this.call(host, "teardown").catch((error: unknown) => console.error(error));
    for (const daemon of this.#daemons.values()) await daemon.end();
    for (const name of ["hub", "client", ...this.hosts.map((host) => host.name)])
      execFileSync("ip", ["netns", "delete", this.#namespace(name)], { stdio: "ignore" });
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The namespace of a network on the host of one of its tasks. */
  networkOf(task: LabTask, networkId: string): LabNetwork {
    return { path: join(dirname(task.network.namespacePath), networkNamespaceName(networkId)) };
  }

  #whereabouts(where: Place): string {
    if (typeof where === "object" && "path" in where) return where.path;
    if (where === "client") return this.#path("client");
    return "network" in where ? where.network.namespacePath : this.#path(where.name);
  }

  #namespace(name: string): string {
    return `${this.#prefix}-${name}`;
  }

  #path(name: string): string {
    return `/run/netns/${this.#namespace(name)}`;
  }
}

function ip(...argv: readonly string[]): void {
  execFileSync("ip", argv, { stdio: ["ignore", "ignore", "inherit"] });
}
