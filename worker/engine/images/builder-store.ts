import { messageOf } from "../../../shared/errors.ts";
import type { Logger } from "../../../shared/log.ts";
import type { StoreTools } from "../../images/store-tools.ts";
import type { HostFiles } from "../../ports/host-files.ts";

export interface BuilderStoreParts {
  readonly tools: Pick<StoreTools, "removeBuilders">;
  readonly files: Pick<HostFiles, "readText">;
  readonly log: Logger;
  /** Root of the image store. */
  readonly storeRoot: string;
}

/**
 * What builders have in the image store while they work: a layer to write into, which one that is killed leaves behind.
 * Nobody can tell whose it was, but once no builder is at work it is nobody's.
 */
export class BuilderStore {
  readonly #parts: BuilderStoreParts;
  #atWork = 0;
  #clearing: Promise<void> | null = null;

  constructor(parts: BuilderStoreParts) {
    this.#parts = parts;
  }

  /** For one build; disposing it, as the last, clears the store. */
  async use(): Promise<AsyncDisposable> {
    while (this.#clearing !== null) await this.#clearing;
    this.#atWork++;
    return {
      [Symbol.asyncDispose]: async () => {
        this.#atWork--;
        await this.clear();
      },
    };
  }

  /** Unless a builder is at work. Never rejects: what cannot be removed now is tried again after the next build. */
  async clear(): Promise<void> {
    if (this.#atWork > 0) return;
    this.#clearing ??= this.#clear().finally(() => {
      this.#clearing = null;
    });
    await this.#clearing;
  }

  async #clear(): Promise<void> {
    const { tools, files, log, storeRoot } = this.#parts;
    try {
      const list = JSON.parse((await files.readText(`${storeRoot}/overlay-containers/containers.json`)) || "[]");
      if (Array.isArray(list) && list.length > 0) await tools.removeBuilders();
    } catch (error) {
      log.warn("what a build left in the image store is not removed yet", { error: messageOf(error) });
    }
  }
}
