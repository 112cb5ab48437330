import { SwarmError } from "../../shared/errors.ts";
import type { CommandResult, CommandRunner } from "../ports/command-runner.ts";
import { storePlace } from "./pull-command.ts";

export interface StoreToolsOptions {
  /** By name or path. */
  readonly skopeo: string;
  readonly buildah: string;
  /** Root and run directory of the image store. */
  readonly storeRoot: string;
  readonly storeRun: string;
  /** registries.conf of both; "" = the system's. */
  readonly registriesConf: string;
}

/** Large images on slow disks. */
const COPY_TIMEOUT_MS = 60 * 60_000;
/** A layer that a copy found here may be removed with its image before the copy is done: the next one brings it. */
const LAYER_GONE = /layer not known/;
/** Of one copy; each but the last has met a removal. */
const COPIES_MAX = 3;
const PACKAGE_HINT = "install the package";

/**
 * Changes to the image store by the programs that own its format: skopeo copies and deletes, buildah names. Each runs
 * in a mount namespace of its own, because containers/storage leaves a bind mount behind.
 */
export class StoreTools {
  readonly #options: StoreToolsOptions;
  readonly #commands: CommandRunner;

  constructor(options: StoreToolsOptions, commands: CommandRunner) {
    this.#options = options;
    this.#commands = commands;
  }

  /** An image of the store in skopeo's words: a full name, or `@` and an id. */
  place(name: string): string {
    return storePlace(this.#options, name);
  }

  skopeoArgv(args: readonly string[]): readonly [string, ...string[]] {
    const { skopeo, registriesConf } = this.#options;
    const conf = registriesConf === "" ? [] : ["--registries-conf", registriesConf];
    return ["unshare", "--mount", skopeo, ...conf, "--insecure-policy", ...args];
  }

  /**
   * The same for a builder: all that it starts ends with it, as it is the first process of a namespace of its own; and
   * it ends with the daemon.
   */
  builderArgv(args: readonly string[], globals: readonly string[] = []): readonly [string, ...string[]] {
    const [unshare, ...rest] = this.buildahArgv(args, globals);
    const processes = ["--pid", "--fork", "--kill-child", "--mount-proc"];
    return ["setpriv", "--pdeathsig", "KILL", unshare, ...processes, ...rest];
  }

  buildahArgv(args: readonly string[], globals: readonly string[] = []): readonly [string, ...string[]] {
    const { buildah, storeRoot, storeRun, registriesConf } = this.#options;
    const conf = registriesConf === "" ? [] : ["--registries-conf", registriesConf];
    const store = ["--root", storeRoot, "--runroot", storeRun, "--storage-driver", "overlay"];
    return ["unshare", "--mount", buildah, ...store, ...conf, ...globals, ...args];
  }

  /** @throws SwarmError internal with what skopeo says. */
  async copy(from: string, to: string, options: readonly string[] = [], signal?: AbortSignal): Promise<void> {
    const argv = this.skopeoArgv(["copy", "--quiet", ...options, from, to]);
    for (let copies = 1; ; copies++) {
      const limits = { timeoutMs: COPY_TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) };
      const result = await this.#commands.run(argv, limits);
      if (result.exitCode === 0) return;
      if (copies === COPIES_MAX || !LAYER_GONE.test(result.stderr)) throw toolFault(result, "skopeo");
    }
  }

  async delete(imageId: string): Promise<void> {
    await this.#run(this.skopeoArgv(["delete", this.place(`@${imageId}`)]), "skopeo");
  }

  /** Whichever image has the name loses it. */
  async tag(imageId: string, fullName: string): Promise<void> {
    await this.#run(this.buildahArgv(["tag", imageId, fullName]), "buildah");
  }

  /** For an image that has further names: with its last one buildah would remove the image as well. */
  async untag(fullName: string): Promise<void> {
    await this.#run(this.buildahArgv(["rmi", fullName]), "buildah");
  }

  /** What builders that are no longer there worked in. To be called while there is none. */
  async removeBuilders(): Promise<void> {
    await this.#run(this.buildahArgv(["rm", "--all"]), "buildah");
  }

  async #run(argv: readonly [string, ...string[]], program: string): Promise<void> {
    const result = await this.#commands.run(argv, { timeoutMs: COPY_TIMEOUT_MS });
    if (result.exitCode !== 0) throw toolFault(result, program);
  }
}

/** What a program said when it refused, as one sentence. */
export function toolFault(
  { exitCode, stderr }: Pick<CommandResult, "exitCode" | "stderr">,
  program: string,
): SwarmError {
  if (exitCode === 127) {
    const sentence = `${program} is not installed on this host: ${PACKAGE_HINT} ${program}`;
    return new SwarmError("failedPrecondition", sentence);
  }
  const said = lastSaid(stderr);
  if (/in use by a container/.test(said)) {
    return new SwarmError("failedPrecondition", "the image is in use by a build that is under way");
  }
  const tarFault = /processing tar file\((.*?)\): exit status/.exec(said)?.[1];
  if (tarFault !== undefined) return new SwarmError("invalidArgument", `the tar cannot be unpacked: ${tarFault}`);
  if (/no space left on device/i.test(said)) return new SwarmError("resourceExhausted", "no space left on this host");
  return new SwarmError("internal", said === "" ? `${program} failed without a reason` : `${program}: ${said}`);
}

/** The message of the last line that is one, without the program's own decoration. */
export function lastSaid(stderr: string): string {
  const complaint = [...stderr.matchAll(/^Error: (.*)$/gm)].at(-1)?.[1];
  if (complaint !== undefined) return complaint;
  const fatal = [...stderr.matchAll(/level=(?:fatal|error) msg="((?:[^"\\]|\\.)*)"/g)].at(-1)?.[1];
  if (fatal !== undefined) return fatal.replaceAll(/\\(.)/g, "$1");
  return stderr.trim().split("\n").at(-1) ?? "";
}
