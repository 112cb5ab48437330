import type { ChildProcess, StdioOptions } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";

/** Loopback carries 64 KiB at once; a real line does not, and packets are counted here. */
const MTU_BYTES = 1_500;

/** What crossed the network, each packet counted once, with IP headers. */
export interface Traffic {
  readonly packets: number;
  readonly bytes: number;
}

/** A network namespace of its own with nothing but loopback, in which every packet is counted. */
export class BenchNet implements Disposable {
  readonly path: string;
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
    this.path = `/run/netns/${name}`;
    execFileSync("ip", ["netns", "add", name]);
    try {
      this.#run("ip", "link", "set", "lo", "mtu", String(MTU_BYTES), "up");
      this.#run("nft", "add table inet bench; add counter inet bench sent");
      this.#run("nft", "add chain inet bench out { type filter hook output priority 0; }");
      this.#run("nft", "add rule inet bench out counter name sent");
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  get traffic(): Traffic {
    const [, packets, bytes] = /packets (\d+) bytes (\d+)/.exec(this.#run("nft", "list counter inet bench sent")) ?? [];
    return { packets: Number(packets), bytes: Number(bytes) };
  }

  /** A program in it; its process id is the program's own. */
  spawn(command: readonly string[], stdio: StdioOptions): ChildProcess {
    return spawn("nsenter", [`--net=${this.path}`, ...command], { stdio });
  }

  #run(...command: readonly string[]): string {
    return execFileSync("nsenter", [`--net=${this.path}`, ...command], { encoding: "utf8" });
  }

  [Symbol.dispose](): void {
    execFileSync("ip", ["netns", "delete", this.#name]);
  }
}
