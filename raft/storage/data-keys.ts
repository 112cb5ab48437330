import { jsonObject } from "../../shared/json.ts";
import type { KeyFiles } from "../../shared/pki/ports/key-files.ts";
import type { Random } from "../../shared/ports/random.ts";
import { KEY_BYTES, type RecordCipher } from "./ports/aes-gcm.ts";
import { RaftStorageError } from "./storage-error.ts";

/** What the log's records are encrypted with. */
export interface DataKey {
  /** In every record: says which key opens it. */
  readonly id: number;
  readonly bytes: Uint8Array;
}

/** Records of format 1, from before there was encryption, count as sealed with this key. */
export const NO_KEY = "none";

/** New records use `current`; whatever is still sealed with `previous` is being rewritten. */
export interface Keyring {
  readonly current: DataKey;
  readonly previous: DataKey | typeof NO_KEY | null;
}

/** Beside the node's certificate: that directory is what people back up and guard. */
export const DATA_KEY_FILE = "swarm-raft.key";
const PRIVATE_MODE = 0o600;
const FILE_FORMAT = 1;
/** The keys are in the file as they are: where managers are locked, the file as a whole is sealed (KeyLock). */
const UNWRAPPED = "none";

export function createDataKey(random: Random, cipher: RecordCipher, unlike?: DataKey): DataKey {
  for (;;) {
    const bytes = random.bytes(KEY_BYTES);
    const id = cipher.keyId(bytes);
    // Two keys of one ring must be distinguishable; this happens once in four billion rotations.
    if (id !== unlike?.id) return { id, bytes };
  }
}

/** The node's data keys on disk, replaced as a whole. */
export class DataKeyFile {
  readonly #files: KeyFiles;
  readonly #cipher: RecordCipher;

  constructor(files: KeyFiles, cipher: RecordCipher) {
    this.#files = files;
    this.#cipher = cipher;
  }

  /** null: there is none. @throws RaftStorageError wrongKey when it makes no sense. */
  async load(): Promise<Keyring | null> {
    const text = await this.#files.read(DATA_KEY_FILE);
    if (text === null) return null;
    const file = parseObject(text);
    if (file["format"] !== FILE_FORMAT || file["wrapped"] !== UNWRAPPED) {
      throw unreadable("it was written by a later version of swarmd");
    }
    const current = this.#parseKey(file["current"]);
    const previous = file["previous"];
    if (previous === null || previous === NO_KEY) return { current, previous };
    return { current, previous: this.#parseKey(previous) };
  }

  /** Resolves when the ring is on disk for good; if it rejects, the old one or the new one is. */
  async save({ current, previous }: Keyring): Promise<void> {
    const text = {
      format: FILE_FORMAT,
      wrapped: UNWRAPPED,
      current: toText(current),
      previous: previous === null || previous === NO_KEY ? previous : toText(previous),
    };
    await this.#files.write(DATA_KEY_FILE, `${JSON.stringify(text, null, 2)}\n`, PRIVATE_MODE);
  }

  #parseKey(value: unknown): DataKey {
    if (typeof value !== "object" || value === null) throw unreadable("a key is missing");
    const { id, key } = value as { readonly id?: unknown; readonly key?: unknown };
    const bytes = Buffer.from(String(key), "base64");
    if (bytes.length !== KEY_BYTES || toHex(this.#cipher.keyId(bytes)) !== id) throw unreadable("a key is damaged");
    return { id: this.#cipher.keyId(bytes), bytes };
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  const fields = jsonObject(text);
  if (fields === null) throw unreadable("it is cut short or not a key file");
  return fields;
}

function toText({ id, bytes }: DataKey): { readonly id: string; readonly key: string } {
  return { id: toHex(id), key: Buffer.from(bytes).toString("base64") };
}

export function toHex(id: number): string {
  return id.toString(16).padStart(8, "0");
}

function unreadable(why: string): RaftStorageError {
  return new RaftStorageError(
    "wrongKey",
    `the data key in certificates/${DATA_KEY_FILE} cannot be used (${why}): put the right file back, or move it and the Raft log away and start swarmd again`,
  );
}
