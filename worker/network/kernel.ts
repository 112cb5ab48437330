import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { TaskId } from "../../shared/ids.ts";
import type { CommandResult, CommandRunner } from "../ports/command-runner.ts";
import type { NetworkFiles } from "../ports/network-files.ts";
import { type Attachment, linkNameOf, taskLinkLines } from "./attachment.ts";
import type { Plan } from "./diff.ts";
import { NFT_TABLE, namespaceName } from "./names.ts";
import { OBSERVE_LINES, type ObservedState, parseObserved } from "./observed.ts";
import { removeTable } from "./render-nft.ts";

/** Programs run at the same time for tasks that come or go together; more would only queue in the kernel. */
const PARALLEL_MAX = 4;
/** Each of these programs only talks to the kernel; a longer run means that something is stuck. */
const PROGRAM_TIMEOUT_MS = 10_000;

/** What did not work while a plan was carried out. */
export interface Failures {
  readonly general: readonly string[];
  readonly byTask: ReadonlyMap<TaskId, string>;
}

/** The kernel's network state by way of `ip`, `bridge`, `nft` and `conntrack`; no decisions here. */
export class Kernel {
  readonly #runner: CommandRunner;
  readonly #files: NetworkFiles;

  constructor(runner: CommandRunner, files: NetworkFiles) {
    this.#runner = runner;
    this.#files = files;
  }

  async observe(): Promise<ObservedState> {
    const [ip, bridge] = await Promise.all([
      this.#must(["ip", "-j", "-d", "-batch", "-"], `${OBSERVE_LINES.join("\n")}\n`),
      this.#must(["bridge", "-j", "fdb", "show"]),
    ]);
    return parseObserved(ip, bridge);
  }

  /**
   * Carries a plan out as far as it goes; what fails for one task stops neither the rest nor other tasks. `guard` is
   * awaited when new devices are there and still down; if it rejects, none comes up.
   */
  async execute(plan: Plan, guard: () => Promise<void>): Promise<Failures> {
    const byTask = new Map<TaskId, string>();
    const perTask = (step: (task: Plan["tasks"][number]) => Promise<void>): Promise<void> =>
      inParallel(plan.tasks, async (task) => {
        const { taskId } = task.attachment;
        if (!byTask.has(taskId)) await step(task).catch((error: unknown) => byTask.set(taskId, messageOf(error)));
      });
    const withoutFailed = (lines: readonly string[]): readonly string[] => {
      const failed = plan.tasks.filter(({ attachment }) => byTask.has(attachment.taskId));
      const names = failed.map(({ attachment }) => linkNameOf(attachment));
      return names.length === 0 ? lines : lines.filter((line) => !names.some((name) => line.split(" ").includes(name)));
    };
    const general: string[] = [];
    if (plan.tasks.length === 0) {
      general.push(...(await this.#batch("ip", plan.linkLines)));
      await guard();
      general.push(...(await this.#batch("ip", plan.ipLines)));
    } else {
      await perTask(({ attachment }) => this.#createNamespace(attachment.taskId));
      general.push(...(await this.#batch("ip", withoutFailed(plan.linkLines))));
      await guard();
      await perTask(({ attachment, gateway }) => this.#setUpInside(attachment, gateway));
      general.push(...(await this.#batch("ip", withoutFailed(plan.ipLines))));
    }
    general.push(...(await this.#batch("bridge", plan.bridgeLines)));
    return { general, byTask };
  }

  /** @throws SwarmError internal when the kernel refuses the rules. */
  async loadRules(text: string): Promise<void> {
    await this.#must(["nft", "-f", "-"], text);
  }

  /** Our tables as the kernel shows them; null = one is missing. Equal texts mean that nobody touched them. */
  async readRules(families: readonly string[]): Promise<string | null> {
    const lists = families.map((family) => `list table ${family} ${NFT_TABLE}\n`);
    const result = await this.#run(["nft", "-s", "-f", "-"], lists.join(""));
    return result.exitCode === 0 ? result.stdout : null;
  }

  /** Base chains of others that drop what is to be forwarded unless one of their rules lets it through. */
  async foreignForwardDrops(): Promise<readonly string[]> {
    const result = await this.#run(["nft", "-j", "list", "chains"]);
    if (result.exitCode !== 0) return [];
    const items = (JSON.parse(result.stdout) as { nftables?: { chain?: Record<string, unknown> }[] }).nftables ?? [];
    return items
      .map(({ chain }) => chain ?? {})
      .filter((chain) => chain["hook"] === "forward" && chain["policy"] === "drop" && chain["table"] !== NFT_TABLE)
      .map((chain) => `${chain["family"]} ${chain["table"]} ${chain["name"]}`);
  }

  /** Text of `ss` about who listens on the host. */
  async readListeners(): Promise<string> {
    return (await this.#run(["ss", "--listening", "--no-header", "--tcp", "--udp", "--numeric"])).stdout;
  }

  /** Forgets connections that led to these addresses, so that their next packets are looked at afresh. */
  async forgetBackends(addresses: readonly string[]): Promise<void> {
    // Exit code 1 only says that there was none; 127 that the program is not installed, and then they time out.
    await inParallel(addresses, async (address) => {
      await this.#run(["conntrack", "-D", "--reply-src", address]);
    });
  }

  /**
   * Forgets connections to these addresses whose first packet has no answer yet. It is sent again, after a second or
   * more, and then goes to another backend.
   */
  async forgetUnanswered(addresses: readonly string[]): Promise<void> {
    await inParallel(addresses, async (address) => {
      await this.#run(["conntrack", "-D", "--proto", "tcp", "--state", "SYN_SENT", "--reply-src", address]);
    });
  }

  /** Forgets UDP exchanges with ports of this host that nobody answered until now. */
  async forgetUdpPorts(ports: readonly number[]): Promise<void> {
    await inParallel(ports, async (port) => {
      await this.#run(["conntrack", "-D", "--proto", "udp", "--orig-port-dst", String(port)]);
    });
  }

  async removeNamespace(name: string): Promise<void> {
    // Lazily: a process of the task may still be dying. Not mounted is fine too.
    await this.#run(["umount", "--lazy", this.#files.namespacePath(name)]);
    await this.#files.removeNamespace(name);
  }

  /** Takes devices, routes and rules away; resolves with what could not be removed. */
  async removeAll(ipLines: readonly string[]): Promise<readonly string[]> {
    await this.loadRules(removeTable("ip"));
    // Never made where the data path is IPv4, and then not every kernel knows the family.
    await this.#run(["nft", "-f", "-"], removeTable("ip6"));
    return this.#batch("ip", ipLines);
  }

  async #createNamespace(taskId: TaskId): Promise<void> {
    const name = namespaceName(taskId);
    if (await this.#files.prepareNamespace(name)) return;
    await this.#must(["unshare", `--net=${this.#files.namespacePath(name)}`, "ip", "link", "set", "dev", "lo", "up"]);
  }

  async #setUpInside(attachment: Attachment, gateway: string): Promise<void> {
    const lines = `${taskLinkLines(attachment, gateway).join("\n")}\n`;
    await this.#must(["nsenter", `--net=${attachment.namespacePath}`, "ip", "-batch", "-"], lines);
  }

  /** Runs the lines in one process; resolves with a sentence for each that was refused. */
  async #batch(program: "ip" | "bridge", lines: readonly string[]): Promise<readonly string[]> {
    if (lines.length === 0) return [];
    const result = await this.#run([program, "-force", "-batch", "-"], `${lines.join("\n")}\n`);
    if (result.exitCode === 0) return [];
    // Complaints come first, then "Command failed -:LINE".
    const failed = [...result.stderr.matchAll(/(.*)\n(?:.*\n)??Command failed -:(\d+)/g)].map(
      ([, complaint, line]) => `${program} ${lines[Number(line) - 1]}: ${complaint}`,
    );
    return failed.length > 0 ? failed : [`${program} -batch: ${result.stderr.trim()}`];
  }

  async #must(argv: readonly [string, ...string[]], input?: string): Promise<string> {
    const result = await this.#run(argv, input);
    if (result.exitCode !== 0)
      throw new SwarmError("internal", `"${argv.join(" ")}" failed: ${result.stderr.trim().slice(0, 2_000)}`);
    return result.stdout;
  }

  #run(argv: readonly [string, ...string[]], input?: string): Promise<CommandResult> {
    return this.#runner.run(argv, { timeoutMs: PROGRAM_TIMEOUT_MS, ...(input === undefined ? {} : { input }) });
  }
}

async function inParallel<T>(items: readonly T[], step: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await step(item);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_MAX, items.length) }, worker));
}
