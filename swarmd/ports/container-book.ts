import type { Level } from "level";
import { messageOf } from "../../shared/errors.ts";
import type { Logger } from "../../shared/log.ts";
import type { OwnContainer } from "../../shared/rpc/gen/containers.ts";
import { codecs } from "../../shared/rpc/schema.ts";
import type { ContainerBook } from "../../worker/engine/containers/container-book.ts";

/** People's own containers in the node's database: they belong to the host, whatever swarm it is in. */
export class LevelContainerBook implements ContainerBook {
  readonly #containers: ReturnType<typeof sublevelOf>;
  readonly #log: Logger;

  constructor(db: Level<string, string>, log: Logger) {
    this.#containers = sublevelOf(db);
    this.#log = log;
  }

  /** One that cannot be understood is set aside and named: the others must be looked after. */
  async load(): Promise<readonly OwnContainer[]> {
    const found: OwnContainer[] = [];
    for await (const [id, bytes] of this.#containers.iterator()) {
      try {
        found.push(codecs.ownContainer.decode(bytes));
      } catch (error) {
        this.#log.error("set aside a container that cannot be understood", { container: id, error: messageOf(error) });
      }
    }
    return found;
  }

  async put(container: OwnContainer): Promise<void> {
    await this.#containers.put(container.id, codecs.ownContainer.encode(container));
  }

  async remove(id: string): Promise<void> {
    await this.#containers.del(id);
  }
}

function sublevelOf(db: Level<string, string>) {
  return db.sublevel<string, Uint8Array>("containers", { valueEncoding: "view" });
}
