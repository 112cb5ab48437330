import { SwarmError } from "../errors.ts";
import { invariant } from "../invariant.ts";
import type { Random } from "../ports/random.ts";
import {
  createFileKey,
  type FileKey,
  isLocked,
  LOCK_FILE,
  type LockRing,
  lockFileText,
  OPEN_RING,
  openLockFile,
  parseLockRing,
} from "./lock-file.ts";
import type { KeyFiles } from "./ports/key-files.ts";
import { isSealed, openText, sealText } from "./sealed-text.ts";
import { isSameUnlockKey } from "./unlock-key.ts";

const SECRET_MODE = 0o600;

/** Whose reader has what it takes to open the files. */
type State =
  | { readonly kind: "locked"; readonly text: string }
  /** `key`: what the lock file is sealed with; null = with nothing. */
  | { readonly kind: "open"; readonly ring: LockRing; readonly key: string | null };

/** Keeps single texts as the lock wants them, for stores of their own. */
export interface TextSeal {
  seal(name: string, text: string): string;
  unseal(name: string, text: string): string | null;
}

const UNLOCKED: State = { kind: "open", ring: OPEN_RING, key: null };

/**
 * A node's private files, those of them that are secret sealed while the swarm locks its managers:
 *
 *     unlock key (people, the cluster object) -> lock file -> file key -> TLS key, data key of the Raft log
 *
 * Every change of the lock begins with one atomic write of the lock file, which then knows both the key before and the
 * key after it; then the files are written anew, one by one, and last the key before is forgotten. So a host that dies
 * anywhere in between opens with the old unlock key or with the new one, and finishes the change when it does.
 */
export class KeyLock implements KeyFiles, TextSeal {
  readonly #files: KeyFiles;
  readonly #random: Random;
  /** Names of the files that are sealed; all others are passed through. */
  readonly #secrets: ReadonlySet<string>;
  #state: State;
  /** One thing at a time: a file must not change its key between being read and being opened. */
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(files: KeyFiles, secrets: readonly string[], random: Random, state: State) {
    this.#files = files;
    this.#secrets = new Set(secrets);
    this.#random = random;
    this.#state = state;
  }

  /** Finishes a change that needs no key. @throws SwarmError failedPrecondition when the lock file is damaged. */
  static async open(files: KeyFiles, secrets: readonly string[], random: Random): Promise<KeyLock> {
    const text = await files.read(LOCK_FILE);
    const state: State =
      text === null
        ? UNLOCKED
        : isLocked(text)
          ? { kind: "locked", text }
          : { kind: "open", ring: parseLockRing(text), key: null };
    const lock = new KeyLock(files, secrets, random, state);
    await lock.#inOrder(() => lock.#finish());
    return lock;
  }

  /** The secret files cannot be read or written until `unlock`. */
  get isLocked(): boolean {
    return this.#state.kind === "locked";
  }

  /** Whether secret files have been on this disk under another lock, or none, and are still in use. */
  get isRenewalDue(): boolean {
    return this.#state.kind === "open" && !this.#state.ring.isRenewed;
  }

  /** Resolves with whether it is the key. @throws SwarmError invalidArgument when it has not the form of one. */
  async unlock(key: string): Promise<boolean> {
    return await this.#inOrder(async () => {
      if (this.#state.kind === "open") return isSameUnlockKey(this.#state.key, key);
      const ring = openLockFile(this.#state.text, key);
      if (ring === null) return false;
      this.#state = { kind: "open", ring, key: key.trim() };
      await this.#finish();
      return true;
    });
  }

  /** Whether `follow` would do something. */
  differs(key: string | null, version: number): boolean {
    if (this.#state.kind === "locked") return false;
    const { ring, key: present } = this.#state;
    return ring.previous !== null || (!isSameUnlockKey(present, key) && version >= ring.version);
  }

  /**
   * Locks the files with `key`, or unlocks them for good (null), as the cluster object of `version` wants it; what is
   * older than the last one that was followed is left alone. If it rejects, the lock before holds or the new one.
   */
  async follow(key: string | null, version: number): Promise<void> {
    await this.#inOrder(async () => {
      invariant(this.#state.kind === "open", "a lock that is not open cannot be changed");
      await this.#finish();
      if (!this.differs(key, version)) return;
      const before = this.#state.ring.current;
      const current: FileKey = key === null ? "clear" : createFileKey(this.#random);
      const isRenewed = key === null || !(await this.#holdsSecrets());
      await this.#write({ current, previous: before, version, isRenewed }, key);
      await this.#finish();
    });
  }

  /** Unlocks the files for good, for a node that is a manager no more. */
  async lift(): Promise<void> {
    await this.follow(null, this.#ring().version);
  }

  /** What was on the disk under another lock is in use no more. */
  async markRenewed(): Promise<void> {
    await this.#inOrder(async () => {
      if (!this.isRenewalDue || this.#state.kind !== "open") return;
      await this.#write({ ...this.#state.ring, isRenewed: true }, this.#state.key);
    });
  }

  /** Forgets the lock, for a host that has left its swarm; what is still sealed with it is lost. */
  async forget(): Promise<void> {
    await this.#inOrder(async () => {
      for (const name of this.#secrets) await this.#files.remove(name);
      await this.#files.remove(LOCK_FILE);
      this.#state = UNLOCKED;
    });
  }

  async read(name: string): Promise<string | null> {
    if (!this.#secrets.has(name)) return await this.#files.read(name);
    return await this.#inOrder(async () => {
      const text = await this.#files.read(name);
      return text === null ? null : this.#opened(name, text);
    });
  }

  async write(name: string, text: string, mode: number): Promise<void> {
    if (!this.#secrets.has(name)) {
      await this.#files.write(name, text, mode);
      return;
    }
    await this.#inOrder(() => this.#files.write(name, this.#sealed(name, text), mode));
  }

  async remove(name: string): Promise<void> {
    await this.#inOrder(() => this.#files.remove(name));
  }

  /** A text for another place on this disk, as the lock wants it. */
  seal(name: string, text: string): string {
    return this.#sealed(name, text);
  }

  /** What `seal` gave, or what was there before the lock; null when it was sealed by a lock of the past. */
  unseal(name: string, text: string): string | null {
    if (!isSealed(text)) return text;
    const { current, previous } = this.#ring();
    return [current, previous].reduce<string | null>(
      (opened, key) => opened ?? (key === null || key === "clear" ? null : openText(key, name, text)),
      null,
    );
  }

  /** Writes anew what is as the previous key says, and then forgets that key. */
  async #finish(): Promise<void> {
    if (this.#state.kind === "locked" || this.#state.ring.previous === null) return;
    const { ring, key } = this.#state;
    for (const name of this.#secrets) {
      const text = await this.#files.read(name);
      // Also what a crash may have left of its making, which nobody would overwrite.
      if (text === null) await this.#files.remove(name);
      else await this.#files.write(name, this.#sealed(name, this.#opened(name, text)), SECRET_MODE);
    }
    await this.#write({ ...ring, previous: null }, key);
  }

  async #holdsSecrets(): Promise<boolean> {
    for (const name of this.#secrets) if ((await this.#files.read(name)) !== null) return true;
    return false;
  }

  /** On disk first. */
  async #write(ring: LockRing, key: string | null): Promise<void> {
    await this.#files.write(LOCK_FILE, lockFileText(ring, key, this.#random), SECRET_MODE);
    this.#state = { kind: "open", ring, key };
  }

  #sealed(name: string, text: string): string {
    const { current } = this.#ring();
    return current === "clear" ? text : sealText(current, name, text, this.#random);
  }

  #opened(name: string, text: string): string {
    const { current, previous } = this.#ring();
    if (!isSealed(text)) {
      if (current === "clear" || previous === "clear") return text;
      throw unreadable(name, "it is not sealed, although this host's keys are locked");
    }
    const opened = this.unseal(name, text);
    if (opened !== null) return opened;
    throw unreadable(name, "it is not sealed with this host's lock, or was altered");
  }

  #ring(): LockRing {
    if (this.#state.kind === "open") return this.#state.ring;
    throw new SwarmError("unavailable", "the keys of this host are locked: run `swarmctl unlock`");
  }

  async #inOrder<Value>(run: () => Promise<Value>): Promise<Value> {
    const done = this.#tail.then(run);
    this.#tail = done.catch(() => {});
    return await done;
  }
}

function unreadable(name: string, why: string): SwarmError {
  return new SwarmError(
    "failedPrecondition",
    `this host's certificates are damaged (${name}: ${why}): run \`swarmctl leave --force\` and join again`,
  );
}
