import { isDeepStrictEqual } from "node:util";
import type { Network } from "../../shared/objects/types.ts";
import type {
  NetworkEndpoint,
  NetworkHost,
  NetworkService,
  NetworkTable,
  NetworkTableChange,
} from "../../shared/rpc/gen/dispatcher.ts";
import { isCarried } from "./table-lines.ts";

/** The lines of a table, by what they are about. */
export interface Lines {
  readonly hosts: NetworkHost;
  readonly endpoints: NetworkEndpoint;
  readonly services: NetworkService;
}
export type LineKind = keyof Lines;

/** Changes remembered of however small a table; a larger one remembers as many as it has lines: see `changeSince`. */
export const LOG_LENGTH_MIN = 1_000;

type Entry = "network" | { readonly kind: LineKind; readonly id: string };

/**
 * The table of one network, kept line by line, and a log of which lines changed: whoever has any of its last revisions
 * is brought to the newest by what changed since.
 *
 * Invariants: (1) `revision` counts the changes; the log holds the last of them without a gap; (2) a line that is set
 * to what it says already is no change and stays the same object.
 */
export class TableBook {
  readonly networkId: string;
  readonly #lines: { readonly [Kind in LineKind]: Map<string, Lines[Kind]> } = {
    hosts: new Map(),
    endpoints: new Map(),
    services: new Map(),
  };
  #network: Network | null = null;
  #dataPathPort = 0;
  #revision = 0;
  #log: Entry[] = [];

  constructor(networkId: string) {
    this.networkId = networkId;
  }

  /** null = not in the store (any more), or not known yet. */
  get network(): Network | null {
    return this.#network;
  }

  /** How many changes there were. */
  get revision(): number {
    return this.#revision;
  }

  /** Hosts should have it. */
  get isCarried(): boolean {
    return this.#network !== null && isCarried(this.#network);
  }

  get lineCount(): number {
    return this.#lines.hosts.size + this.#lines.endpoints.size + this.#lines.services.size;
  }

  /** What there are lines about. */
  ids(kind: LineKind): readonly string[] {
    return [...this.#lines[kind].keys()];
  }

  line<Kind extends LineKind>(kind: Kind, id: string): Lines[Kind] | null {
    return this.#lines[kind].get(id) ?? null;
  }

  /** Returns whether that is a change. `line` null = there is no such line. */
  set<Kind extends LineKind>(kind: Kind, id: string, line: Lines[Kind] | null): boolean {
    const lines: Map<string, Lines[Kind]> = this.#lines[kind];
    const old = lines.get(id) ?? null;
    if (old === line || isDeepStrictEqual(old, line)) return false;
    if (line === null) lines.delete(id);
    else lines.set(id, line);
    this.#note({ kind, id });
    return true;
  }

  /** null = it is not in the store. Returns whether that is a change; the object's version is none. */
  setNetwork(network: Network | null): boolean {
    const old = this.#network;
    if (isDeepStrictEqual(old && { ...old, meta: null }, network && { ...network, meta: null })) return false;
    this.#network = network;
    this.#note("network");
    return true;
  }

  /** A change of it is told with the whole table: it happens once in a cluster's life. */
  setDataPathPort(port: number): boolean {
    if (port === this.#dataPathPort) return false;
    this.#dataPathPort = port;
    this.#revision++;
    this.#log = [];
    return true;
  }

  /** As of now; what it holds stays as it is. */
  whole(): NetworkTable {
    return {
      network: this.#network,
      hosts: [...this.#lines.hosts.values()],
      endpoints: [...this.#lines.endpoints.values()],
      services: [...this.#lines.services.values()],
      dataPathPort: this.#dataPathPort,
    };
  }

  /**
   * What turns the table of that revision into the present one, each line once however often it changed; null when the
   * log does not go back so far. Lines that came and went meanwhile are among the removed.
   */
  changeSince(revision: number): NetworkTableChange | null {
    const from = this.#log.length - (this.#revision - revision);
    if (from < 0) return null;
    const seen = { hosts: new Set<string>(), endpoints: new Set<string>(), services: new Set<string>() };
    let isNetworkNew = false;
    for (let at = from; at < this.#log.length; at++) {
      const entry = this.#log[at];
      if (entry === "network") isNetworkNew = true;
      else if (entry !== undefined) seen[entry.kind].add(entry.id);
    }
    const put = <Kind extends LineKind>(kind: Kind): Lines[Kind][] =>
      [...seen[kind]].flatMap((id) => this.line(kind, id) ?? []);
    const removed = (kind: LineKind): string[] => [...seen[kind]].filter((id) => !this.#lines[kind].has(id));
    return {
      networkId: this.networkId,
      network: isNetworkNew ? this.#network : null,
      putHosts: put("hosts"),
      putEndpoints: put("endpoints"),
      putServices: put("services"),
      removedNodeIds: removed("hosts"),
      removedTaskIds: removed("endpoints"),
      removedServiceIds: removed("services"),
    };
  }

  // A log longer than the table would say nothing that the table does not say in fewer words.
  #note(entry: Entry): void {
    this.#revision++;
    this.#log.push(entry);
    const lengthMax = Math.max(LOG_LENGTH_MIN, this.lineCount);
    if (this.#log.length > 2 * lengthMax) this.#log = this.#log.slice(-lengthMax);
  }
}
