/** Docker's own command line, as Debian has it, speaking to the daemons of a lab. */
import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toolPath } from "../../scripts/lab-parts/tools.ts";
import type { CommandResult, Lab } from "./lab.ts";

const SOCKET = "/run/swarm/docker.sock";

/** `docker` on the hosts of a lab, unmodified, with a home of its own. */
export class DockerCli implements Disposable {
  readonly #lab: Lab;
  readonly #program: string;
  readonly #home = join(tmpdir(), `swarm-docker-${process.pid}`);

  private constructor(lab: Lab, program: string) {
    this.#lab = lab;
    this.#program = program;
    mkdirSync(this.#home, { recursive: true });
  }

  static async on(lab: Lab): Promise<DockerCli> {
    return new DockerCli(lab, await toolPath("docker"));
  }

  /** Its standard output without the last line end. @throws Error with what it said when it fails. */
  async run(host: string, ...args: string[]): Promise<string> {
    const result = await this.try(host, ...args);
    if (result.exitCode === 0) return result.stdout.trimEnd();
    throw new Error(`docker ${args.join(" ")}: exit code ${result.exitCode}\n${result.stderr}${result.stdout}`);
  }

  /** Where failure is an expected answer. */
  try(host: string, ...args: string[]): Promise<CommandResult> {
    return this.#lab.tryExec(host, ...this.command(...args));
  }

  /** The words of a command on a host, for what runs it within something else. */
  command(...args: string[]): readonly string[] {
    const environment = [`DOCKER_HOST=unix://${SOCKET}`, `HOME=${this.#home}`, "DOCKER_BUILDKIT=0"];
    return ["env", ...environment, this.#program, ...args];
  }

  /** What `inspect` or `--format json` prints, one object or several lines of them. */
  async json<Value = Record<string, unknown>>(host: string, ...args: string[]): Promise<readonly Value[]> {
    const text = await this.run(host, ...args);
    if (text.startsWith("[")) return JSON.parse(text) as Value[];
    return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Value]));
  }

  [Symbol.dispose](): void {
    rmSync(this.#home, { recursive: true, force: true });
  }
}
