import { drain } from "./drain.ts";

/** What a process needs of the world it lives in. */
export interface ProcessWorld {
  readonly now: number;
  schedule(delayMs: number, run: () => void): void;
  /** The process has just done something. */
  onActed(process: SimProcess): void;
  /** The process came to the point where it shall die. */
  onCrashPoint(process: SimProcess, at: string): void;
}

/**
 * One life of a member's process. Everything that happens to it goes through `run`: nothing does when it is dead, and
 * while it is paused all of it waits. A dead process' promises never settle; its objects are abandoned.
 */
export class SimProcess {
  readonly nodeId: string;
  /** Counts the lives of the node. */
  readonly life: number;
  isDead = false;
  readonly #world: ProcessWorld;
  #paused = false;
  #deferred: (() => void)[] = [];
  #pointsLeft = Number.POSITIVE_INFINITY;

  constructor(nodeId: string, life: number, world: ProcessWorld) {
    this.nodeId = nodeId;
    this.life = life;
    this.#world = world;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  get now(): number {
    return this.#world.now;
  }

  /** Something happens to the process, and it does whatever follows from it without waiting for anything else. */
  run(action: () => void): void {
    if (this.isDead) return;
    if (this.#paused) {
      this.#deferred.push(action);
      return;
    }
    action();
    drain();
    this.#world.onActed(this);
  }

  after(delayMs: number, action: () => void): void {
    this.#world.schedule(delayMs, () => this.run(action));
  }

  pause(): void {
    this.#paused = true;
  }

  /** What came meanwhile happens now, in order. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const action of deferred) this.run(action);
  }

  /** It shall die at the point that comes after `points - 1` others. */
  armCrash(points: number): void {
    this.#pointsLeft = points;
  }

  /**
   * A point where a process may die: between any two things that others, or its disk, could notice. Returns whether it
   * did.
   */
  dies(at: string): boolean {
    if (this.isDead) return true;
    if (--this.#pointsLeft > 0) return false;
    this.#world.onCrashPoint(this, at);
    return this.isDead;
  }
}

/** What a dead process waits for. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}
