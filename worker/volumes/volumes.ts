import { SwarmError } from "../../shared/errors.ts";
import type { TaskId } from "../../shared/ids.ts";
import type { CommandRunner } from "../ports/command-runner.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { OpenDirectory, RootedTree, RootedTrees } from "../ports/rooted-tree.ts";
import type { VolumeUse } from "./plan-mounts.ts";

export interface VolumesPorts {
  readonly files: HostFiles;
  readonly trees: RootedTrees;
  readonly commands: CommandRunner;
}

/** Time to copy a large directory of an image; the launch as a whole has no longer limit. */
const COPY_TIMEOUT_MS = 120_000;

/** Volumes of this host: DIRECTORY/NAME/_data, as Docker's local driver keeps them. */
export class Volumes {
  readonly #directory: string;
  readonly #hostname: string;
  readonly #ports: VolumesPorts;

  constructor(options: { readonly directory: string; readonly hostname: string }, ports: VolumesPorts) {
    this.#directory = options.directory;
    this.#hostname = options.hostname;
    this.#ports = ports;
  }

  /** Where a volume's content is. */
  pathOf(name: string): string {
    return `${this.#directory}/${name}/_data`;
  }

  /**
   * Makes the volumes that do not exist. Resolves with the names of those that are empty.
   * @throws SwarmError failedPrecondition when something other than a directory is in a volume's place.
   */
  async ensure(volumes: readonly VolumeUse[]): Promise<readonly string[]> {
    const names = [...new Set(volumes.map(({ name }) => name))];
    const empty = await Promise.all(
      names.map(async (name) => {
        await this.#ports.files.makeDirectory(this.pathOf(name), 0o755);
        return (await this.#isEmpty(name)) ? [name] : [];
      }),
    );
    return empty.flat();
  }

  /**
   * Fills an empty volume with what the image has at the first of the given targets that holds something: a volume is
   * filled once, even if a container has it at several places. The copy is made beside its place, so that an
   * interrupted copy counts as empty, and is a directory created here, whatever the image has.
   * @throws SwarmError internal when it cannot be copied.
   */
  async fill(name: string, targets: readonly string[], image: RootedTree, signal: AbortSignal): Promise<void> {
    for (const target of targets) {
      await using source = await image.openDirectory(target);
      if (source === null || (await source.isEmpty())) continue;
      await this.#copy(source, name, signal);
      return;
    }
  }

  /** @throws SwarmError failedPrecondition that names the first path that is not on this host. */
  async checkBindSources(sources: readonly string[]): Promise<void> {
    await Promise.all(
      sources.map(async (source) => {
        if ((await this.#ports.files.kindOf(source)) !== null) return;
        throw new SwarmError(
          "failedPrecondition",
          `bind mount source ${source} does not exist on node ${this.#hostname}`,
        );
      }),
    );
  }

  /** Removes what was made for this task alone. */
  async removeAnonymous(taskId: TaskId): Promise<void> {
    const { files } = this.#ports;
    const names = (await files.list(this.#directory)).filter((name) => name.startsWith(`${taskId}-`));
    await Promise.all(names.map((name) => files.remove(`${this.#directory}/${name}`)));
  }

  async #isEmpty(name: string): Promise<boolean> {
    await using tree = await this.#ports.trees.open(this.pathOf(name));
    await using root = await tree.openDirectory("/");
    return root !== null && (await root.isEmpty());
  }

  async #copy(source: OpenDirectory, name: string, signal: AbortSignal): Promise<void> {
    const { files, commands } = this.#ports;
    const unfinished = `${this.pathOf(name)}.new`;
    await files.remove(unfinished);
    try {
      await files.makeDirectory(unfinished, 0o755);
      // "/." at both ends: a directory is copied into a directory, or nothing is.
      const argv = ["cp", "-a", "--", `${source.handlePath}/.`, `${unfinished}/.`] as const;
      const { exitCode, stderr } = await commands.run(argv, { signal, timeoutMs: COPY_TIMEOUT_MS });
      if (exitCode !== 0) {
        const sentence = `cannot fill volume ${name} on node ${this.#hostname}: ${firstLine(stderr)}`;
        throw new SwarmError("internal", sentence);
      }
      // No longer empty: another container has written into it in the meantime, and keeps what it has.
      await files.replaceEmptyDirectory(this.pathOf(name), unfinished);
    } finally {
      await files.remove(unfinished);
    }
  }
}

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0] ?? "";
}
