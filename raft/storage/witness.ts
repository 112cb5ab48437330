import type { KeyFiles } from "../../shared/pki/ports/key-files.ts";
import type { RaftId } from "../ids.ts";

/** Kept apart from the log, so that what happens to the log's directory does not happen to it, too. */
export const WITNESS_FILE = "swarm-raft.witness";
const PRIVATE_MODE = 0o600;

/**
 * What a member's log had on disk at some moment. The log's end can be cut off in a way that does not show in the log
 * itself (a journal truncated between two records, a directory restored from last week): such a member could vote twice
 * in one term and deny what it has acknowledged. Term and commit index never go back: a log that is behind them is
 * refused. One that only ends earlier is pointed out.
 */
export interface Witness {
  readonly clusterId: string;
  readonly raftId: RaftId;
  readonly term: number;
  readonly commit: number;
  /** The last entry; it goes back when another leader overwrites what was not committed. */
  readonly last: number;
}

/** The newest witness of this node. It is written from time to time, always after what it describes. */
export class WitnessFile {
  readonly #files: KeyFiles;

  constructor(files: KeyFiles) {
    this.#files = files;
  }

  /** null: there is none, or none that can be read; it is an aid, not a guarantee. */
  async load(): Promise<Witness | null> {
    const text = await this.#files.read(WITNESS_FILE);
    if (text === null) return null;
    try {
      const { clusterId, raftId, term, commit, last } = JSON.parse(text) as Witness;
      return { clusterId, raftId, term: Number(term), commit: Number(commit), last: Number(last) };
    } catch {
      return null;
    }
  }

  async save(witness: Witness): Promise<void> {
    await this.#files.write(WITNESS_FILE, `${JSON.stringify(witness)}\n`, PRIVATE_MODE);
  }

  async remove(): Promise<void> {
    await this.#files.remove(WITNESS_FILE);
  }
}
