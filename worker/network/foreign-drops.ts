/** Packet rules of others that drop what this host forwards: told when they are new, since nothing can be done here. */
export class ForeignDrops {
  #told = "";

  /** `drops`: the chains, as last seen. */
  news(drops: readonly string[]): readonly string[] {
    const text = drops.join(", ");
    const isNew = text !== this.#told;
    this.#told = text;
    if (text === "" || !isNew) return [];
    return [
      `another program's packet rules drop what this host forwards unless they allow it (${text}): ` +
        "published ports may not work here until traffic of sw-* and sw[ie]-* devices is accepted there",
    ];
  }
}
