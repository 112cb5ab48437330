import { SwarmError } from "../../shared/errors.ts";
import type { TaskId } from "../../shared/ids.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { VolumeUse } from "./plan-mounts.ts";

/** Volumes of this host: DIRECTORY/NAME/_data, as Docker's local driver keeps them. */
export class Volumes {
  readonly #directory: string;
  readonly #hostname: string;
  readonly #files: HostFiles;

  constructor(options: { readonly directory: string; readonly hostname: string }, files: HostFiles) {
    this.#directory = options.directory;
    this.#hostname = options.hostname;
    this.#files = files;
  }

  /** Where a volume's content is. */
  pathOf(name: string): string {
    return `${this.#directory}/${name}/_data`;
  }

  /** Makes the volumes that are not there. Resolves with those that hold nothing. */
  async ensure(volumes: readonly VolumeUse[]): Promise<readonly VolumeUse[]> {
    const looked = await Promise.all(
      volumes.map(async (volume) => {
        const path = this.pathOf(volume.name);
        await this.#files.makeDirectory(path, 0o755);
        return (await this.#files.list(path)).length === 0 ? [volume] : [];
      }),
    );
    return looked.flat();
  }

  /** @throws SwarmError failedPrecondition that names the first path which is not on this host. */
  async checkBindSources(sources: readonly string[]): Promise<void> {
    await Promise.all(
      sources.map(async (source) => {
        if ((await this.#files.kindOf(source)) !== null) return;
        throw new SwarmError(
          "failedPrecondition",
          `bind mount source ${source} does not exist on node ${this.#hostname}`,
        );
      }),
    );
  }

  /** Removes what was made for this task alone. */
  async removeAnonymous(taskId: TaskId): Promise<void> {
    const names = (await this.#files.list(this.#directory)).filter((name) => name.startsWith(`${taskId}-`));
    await Promise.all(names.map((name) => this.#files.remove(`${this.#directory}/${name}`)));
  }
}
