import type { Level } from "level";
import { messageOf } from "../../shared/errors.ts";
import type { Logger } from "../../shared/log.ts";
import type { Codec } from "../../shared/rpc/schema.ts";
import type { WholeWrites } from "../../shared/whole-writes.ts";

/**
 * Objects of one kind in the node's database, by id: they belong to the host, whatever swarm it is in. `what` names one
 * of them in the log.
 */
export class HostObjectBook<Item extends { readonly id: string }> {
  readonly #objects: ReturnType<typeof sublevelOf>;
  readonly #writes: WholeWrites;
  readonly #codec: Codec<Item>;
  readonly #what: string;
  readonly #log: Logger;

  constructor(
    { db, writes }: { readonly db: Level<string, string>; readonly writes: WholeWrites },
    { name, what, codec }: { readonly name: string; readonly what: string; readonly codec: Codec<Item> },
    log: Logger,
  ) {
    this.#objects = sublevelOf(db, name);
    this.#writes = writes;
    this.#codec = codec;
    this.#what = what;
    this.#log = log;
  }

  /** One that cannot be understood is set aside and named: the others must be looked after. */
  async load(): Promise<readonly Item[]> {
    const found: Item[] = [];
    const all = await this.#change(() => this.#objects.iterator().all());
    for (const [id, bytes] of all) {
      try {
        found.push(this.#codec.decode(bytes));
      } catch (error) {
        const about = { [this.#what]: id, error: messageOf(error) };
        this.#log.error(`set aside a ${this.#what} that cannot be understood`, about);
      }
    }
    return found;
  }

  async put(object: Item): Promise<void> {
    await this.#change(() => this.#objects.put(object.id, this.#codec.encode(object as never)));
  }

  async remove(id: string): Promise<void> {
    await this.#change(() => this.#objects.del(id));
  }

  /** A part of a database that was opened anew is not open by that. */
  #change<T>(change: () => Promise<T>): Promise<T> {
    return this.#writes.run(async () => {
      await this.#objects.open();
      return await change();
    });
  }
}

function sublevelOf(db: Level<string, string>, name: string) {
  return db.sublevel<string, Uint8Array>(name, { valueEncoding: "view" });
}
