import type { RaftCore } from "../../../raft/core/raft-core.ts";
import type { RaftId } from "../../../raft/ids.ts";
import type { LeadershipState } from "../../../raft/node/leadership-events.ts";
import type { RaftNode } from "../../../raft/raft-node.ts";
import type { RecordCipher } from "../../../raft/storage/ports/aes-gcm.ts";
import type { DiskRhythm, SimDatabase } from "./sim-database.ts";
import { SimDisk } from "./sim-disk.ts";
import { type KeyRhythm, SimKeyDirectory } from "./sim-key-files.ts";
import type { SimMachine } from "./sim-machine.ts";
import type { SimProcess } from "./sim-process.ts";
import type { SimTransport } from "./sim-transport.ts";
import { StoredPromises } from "./stored-promises.ts";

/** A process of a member: what is gone when it ends. */
export interface Life {
  readonly process: SimProcess;
  readonly machine: SimMachine;
  database: SimDatabase | null;
  transport: SimTransport | null;
  core: RaftCore | null;
  node: RaftNode | null;
  leadership: LeadershipState;
  /** Someone asked it to stop. */
  isStopping: boolean;
  isRotating: boolean;
  isSavingSnapshot: boolean;
}

/** What the next start must come to. `refuse`: with one of these faults. */
export type Expectation =
  | { readonly kind: "start" }
  | { readonly kind: "refuse"; readonly faults: readonly string[]; readonly why: string }
  | { readonly kind: "either" };

export const SOUND: Expectation = { kind: "start" };

/** A machine that a manager runs on: its disk, its key directory, and what became of it. */
export class SimHost {
  readonly nodeId: string;
  readonly disk = new SimDisk();
  readonly keys = new SimKeyDirectory();
  readonly promises: StoredPromises;
  readonly diskRhythm: DiskRhythm;
  readonly keyRhythm: KeyRhythm;
  /** HOST:PORT where it listens; it may move. */
  address: string;
  /** Its first log was made by founding the group. */
  readonly isFounder: boolean;
  lives = 0;
  life: Life | null = null;
  /** Its present id, as far as it is known. */
  raftId: RaftId | null = null;
  /** It does not come back by itself. */
  isGone = false;
  /** Its last start was refused; someone has to look after it. */
  isRefused = false;
  expectation: Expectation = SOUND;
  /** What its id promised is lost or will be given up: it must come back under another one. */
  hasLostPromises = false;

  constructor(
    nodeId: string,
    address: string,
    isFounder: boolean,
    cipher: RecordCipher,
    diskRhythm: DiskRhythm,
    keyRhythm: KeyRhythm,
  ) {
    this.nodeId = nodeId;
    this.address = address;
    this.isFounder = isFounder;
    this.diskRhythm = diskRhythm;
    this.keyRhythm = keyRhythm;
    this.promises = new StoredPromises(this.disk, this.keys, cipher);
  }

  get isUp(): boolean {
    return this.life !== null;
  }

  get isLeading(): boolean {
    return this.life?.leadership === "leading" && this.life.node !== null && !this.life.process.isDead;
  }
}
