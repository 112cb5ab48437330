import { messageOf, SwarmError } from "../../../shared/errors.ts";
import type { ContainerId } from "../../../shared/ids.ts";
import { mustHave } from "../../../shared/invariant.ts";
import { parseSignal, SIGKILL } from "../../../shared/linux/signals.ts";
import { type Logger, levelOfFailure } from "../../../shared/log.ts";
import { type Clock, sleep } from "../../../shared/ports/clock.ts";
import type { ContainerConfig, ContainerState, OwnContainer } from "../../../shared/rpc/gen/containers.ts";
import { unlessAborted } from "../../../shared/unless-aborted.ts";
import type { ContainerExecutor } from "../../executor/container-executor.ts";
import type { ExitedFact } from "../../executor/container-facts.ts";
import { KeyedLock } from "../../executor/keyed-lock.ts";
import type { WantedContainer } from "../../executor/wanted-container.ts";
import { EXIT_CODE_UNKNOWN } from "../../runtime/exit-status.ts";
import type { EventLog } from "../events/event-log.ts";
import type { ContainerPlaces } from "../networks/container-places.ts";
import type { ContainerBook } from "./container-book.ts";
import { moveContainer } from "./move-container.ts";
import { notRunning, refusal, refuseRemoval } from "./refusals.ts";
import { afterEnd, atDaemonStart, LONG_RUN_MS, type Sequel } from "./restart-policy.ts";
import { startFailureCode } from "./start-failure.ts";
import { isRunning, stateOf } from "./state.ts";

export interface LifeParts {
  readonly executor: ContainerExecutor;
  readonly book: ContainerBook;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly log: Logger;
  readonly wanted: (stored: OwnContainer) => WantedContainer;
  /** Its addresses on networks: held from before its start until after its end. */
  readonly places: Pick<ContainerPlaces, "adopt" | "lease" | "publish" | "release">;
  /** It has gone from this host. */
  readonly onRemoved: (id: ContainerId) => void;
}

/** Starts that failed in a row after which it is said louder than at debug level. */
const QUIET_FAILURES_MAX = 3;

/**
 * One container of people's own, from its making to its removal. What is wanted of it is on disk before anything is
 * done; what is true comes from the executor, so a daemon that returns finds its way (`adopt`).
 */
export class ContainerLife {
  readonly #parts: LifeParts;
  /** Aborts when the daemon stops looking after it; the container runs on. */
  readonly #signal: AbortSignal;
  readonly #lock = new KeyedLock();
  #stored: OwnContainer;
  /** A start that waits for its time. */
  #pending: AbortController | null = null;
  /** When the run began that is watched; 0 = none is. */
  #watchedRun = 0;
  #isGone = false;
  /** Ends that came soon after their starts, without a long run between them. */
  #quickEnds = 0;
  #startsFailed = 0;
  #changed = Promise.withResolvers<void>();

  constructor(stored: OwnContainer, parts: LifeParts, signal: AbortSignal) {
    this.#stored = stored;
    this.#parts = parts;
    this.#signal = signal;
    // Before anybody else is given an address: whoever runs has its own.
    if (this.#isRunning) parts.places.adopt(stored);
  }

  get stored(): OwnContainer {
    return this.#stored;
  }
  get id(): ContainerId {
    return this.#stored.id as ContainerId;
  }
  get config(): ContainerConfig {
    return mustHave(this.#stored.config, "the configuration of a container");
  }
  get isGone(): boolean {
    return this.#isGone;
  }
  get state(): ContainerState {
    return stateOf(this.#stored, this.#pending !== null);
  }
  get #isRunning(): boolean {
    return isRunning(this.#stored);
  }

  /** Resolves at the next change of anything about it. */
  async changed(signal: AbortSignal): Promise<void> {
    await unlessAborted(this.#changed.promise, signal);
  }

  /** At the daemon's start: what an earlier one began is gone on with, what ended meanwhile is noted. */
  async adopt(): Promise<void> {
    await this.locked(async () => {
      // Whether its volumes were to go as well died with the daemon: what was not promised to go stays.
      if (this.#stored.isRemoving) return await this.#remove({ keepVolumes: !this.config.autoRemove });
      const fact = await this.#parts.executor.inspect(this.id);
      if (fact.kind === "running") {
        if (!this.#isRunning) await this.#noteStarted();
        this.#watch();
        return;
      }
      if (this.#isRunning) await this.#noteEnd(fact.kind === "exited" ? fact : null);
      const { isWanted } = this.#stored;
      await this.#follow(atDaemonStart({ ...this.#ended(), isWanted }));
    });
  }

  /** Resolves with whether it did not run before. @throws SwarmError when it cannot start; it is not tried again. */
  async start(): Promise<boolean> {
    return await this.locked(async () => {
      this.#refuseRemoving();
      if (this.#stored.isPaused) throw refusal("cannot start a paused container, try unpause instead");
      this.#cancelPending();
      if (this.#isRunning) return false;
      this.#quickEnds = 0;
      await this.#put({ isWanted: true, isStopped: false, failures: 0 });
      await this.#launch();
      return true;
    });
  }

  /** Resolves when it does not run, with whether it ran, or was about to. `signalText`: "" = its own. */
  async stop(graceMs: number | undefined, signalText = ""): Promise<boolean> {
    const isDue = this.#pending !== null;
    const wasRunning = await this.locked(async () => {
      this.#cancelPending();
      await this.#put({ isWanted: false, isStopped: true });
      if (this.#stored.isPaused) await this.#hold(false);
      return this.#isRunning;
    });
    if (!wasRunning) return isDue;
    const signal = signalText === "" ? this.#parts.executor.record(this.id)?.stopSignal : parseSignal(signalText);
    if (signalText !== "") await this.#parts.executor.kill(this.id, parseSignal(signalText));
    this.#note("kill", { signal: String(signal ?? "") });
    // Its own signal follows one of another number, which does no harm to a program that is ending.
    await this.#parts.executor.stop(this.id, graceMs);
    await this.locked(() => this.#lookForEnd());
    this.#note("stop");
    return true;
  }

  async restart(graceMs: number | undefined, signalText = ""): Promise<void> {
    await this.stop(graceMs, signalText);
    await this.start();
    this.#note("restart");
  }

  /** Resolves after SIGKILL when it has ended. @throws SwarmError failedPrecondition when it does not run. */
  async kill(signalText: string): Promise<void> {
    const signal = signalText === "" ? SIGKILL : parseSignal(signalText);
    const record = this.#parts.executor.record(this.id);
    await this.locked(async () => {
      if (!this.#isRunning) throw notRunning(this.config.name, this.id);
      // What ends it by people's hand is not followed by another start.
      if (signal === SIGKILL || signal === record?.stopSignal) await this.#put({ isWanted: false, isStopped: true });
      if (signal === SIGKILL && this.#stored.isPaused) await this.#hold(false);
    });
    await this.#parts.executor.kill(this.id, signal);
    this.#note("kill", { signal: String(signal) });
    if (signal === SIGKILL)
      await this.#parts.executor.stop(this.id, 0).then(() => this.locked(() => this.#lookForEnd()));
  }

  async pause(isHeld: boolean): Promise<void> {
    await this.locked(async () => {
      if (!this.#isRunning) throw refusal(`container ${this.id} is not running`);
      if (this.#stored.isPaused === isHeld)
        throw refusal(`Container ${this.id} is ${isHeld ? "already" : "not"} paused`);
      await this.#hold(isHeld);
      this.#note(isHeld ? "pause" : "unpause");
    });
  }

  async rename(name: string): Promise<void> {
    await this.locked(async () => {
      this.#refuseRemoving();
      const before = this.config.name;
      await this.#put({ config: { ...this.config, name } });
      await this.#parts.executor.rename(this.id, name);
      this.#parts.places.publish();
      this.#note("rename", { oldName: `/${before}` });
    });
  }

  /** `resources`: limits of one that runs, in the OCI configuration's words; null = none are changed. */
  async update(config: ContainerConfig, resources: Readonly<Record<string, unknown>> | null): Promise<void> {
    await this.locked(async () => {
      this.#refuseRemoving();
      if (resources !== null && this.#isRunning) await this.#parts.executor.limit(this.id, resources);
      await this.#put({ config });
      this.#note("update");
    });
  }

  /** To the networks that `change` makes of its configuration, also while it runs; resolves with whether it moved. */
  async move(change: (config: ContainerConfig) => ContainerConfig | null): Promise<boolean> {
    return await this.locked(async () => {
      this.#refuseRemoving();
      const config = change(this.config);
      if (config !== null) await moveContainer(this.#stored, config, this.#parts, (next) => this.#put(next));
      return config !== null;
    });
  }

  /** Idempotent. @throws SwarmError failedPrecondition when it runs and is not to be forced. */
  async remove({ force, keepVolumes }: { readonly force: boolean; readonly keepVolumes: boolean }): Promise<void> {
    await this.locked(async () => {
      if (this.#isGone) return;
      if (!force) refuseRemoval(this.config.name, this.state);
      this.#cancelPending();
      await this.#put({ isWanted: false, isStopped: true, isRemoving: true });
      if (this.#isRunning) {
        if (this.#stored.isPaused) await this.#hold(false);
        this.#note("kill", { signal: String(SIGKILL) });
        await this.#parts.executor.stop(this.id, 0);
        await this.#lookForEnd();
      }
      await this.#remove({ keepVolumes });
    });
  }

  #ended(): Parameters<typeof afterEnd>[0] {
    const { autoRemove, restart } = this.config;
    return { ...this.#stored, quickEnds: this.#quickEnds, autoRemove, restart };
  }

  async #launch(): Promise<void> {
    const { executor } = this.#parts;
    try {
      await this.#put({ places: await this.#parts.places.lease(this.#stored) });
      this.#parts.places.publish();
      await executor.prepare(this.#parts.wanted(this.#stored), this.#signal, () => {});
      const fact = await executor.start(this.id, this.#signal);
      this.#startsFailed = 0;
      await this.#noteStarted();
      if (fact.kind === "exited") await this.#end(fact);
      else this.#watch();
    } catch (error) {
      if (this.#signal.aborted) throw error;
      this.#parts.places.release(this.id);
      const sentence = messageOf(error);
      await this.#put({ isWanted: false, error: sentence, exitCode: startFailureCode(sentence), isPaused: false });
      // Whoever waits for its removal waits for that of one that never ran, too.
      if (this.config.autoRemove) await this.#follow({ kind: "remove" });
      throw error;
    }
  }

  async #noteStarted(): Promise<void> {
    const startedAtMs = Math.max(this.#parts.clock.wallNow(), this.#stored.finishedAtMs + 1);
    const boundPorts = this.#parts.executor.hostPorts(this.id);
    await this.#put({ startedAtMs, boundPorts, error: "", exitCode: 0, outOfMemory: false, isPaused: false });
    this.#note("start");
  }

  #watch(): void {
    const { startedAtMs: run } = this.#stored;
    if (this.#watchedRun === run) return;
    this.#watchedRun = run;
    this.#parts.executor
      .wait(this.id, this.#signal)
      // The end of a run that people have ended is noted by then, and another run may have begun.
      .then((fact) => this.locked(async () => void (this.#stored.startedAtMs === run && (await this.#end(fact)))))
      .catch((error: unknown) => {
        if (this.#signal.aborted) return;
        if (this.#watchedRun === run) this.#watchedRun = 0;
        this.#parts.log.error("a container is not watched any more", { container: this.id, error: messageOf(error) });
      });
  }

  async #lookForEnd(): Promise<void> {
    const fact = await this.#parts.executor.inspect(this.id);
    if (fact.kind !== "running") await this.#end(fact.kind === "exited" ? fact : null);
  }

  async #end(fact: ExitedFact | null): Promise<void> {
    if (!this.#isRunning) return;
    await this.#noteEnd(fact);
    if (this.#stored.isRemoving) return;
    const ended = this.#ended();
    const failures = this.#stored.exitCode === 0 ? 0 : this.#stored.failures + 1;
    await this.#put({ failures });
    await this.#follow(afterEnd(ended));
  }

  /** null = nothing is left that says how. */
  async #noteEnd(fact: ExitedFact | null): Promise<void> {
    const { clock, executor } = this.#parts;
    const { startedAtMs } = this.#stored;
    const finishedAtMs = Math.max((await executor.endedAtMs(this.id)) ?? clock.wallNow(), startedAtMs);
    const outOfMemory = await executor.ranOutOfMemory(this.id);
    this.#quickEnds = finishedAtMs - startedAtMs >= LONG_RUN_MS ? 0 : this.#quickEnds + 1;
    const exitCode = fact?.exitCode ?? EXIT_CODE_UNKNOWN;
    const error = fact?.cause ?? "it left no exit code: the host was restarted, or its monitor killed";
    await this.#put({ finishedAtMs, exitCode, error, outOfMemory, isPaused: false });
    this.#parts.places.release(this.id);
    if (outOfMemory) this.#note("oom");
    this.#note("die", { exitCode: String(exitCode) });
  }

  async #follow(sequel: Sequel): Promise<void> {
    switch (sequel.kind) {
      case "rest":
        if (this.#stored.isWanted) await this.#put({ isWanted: false });
        return;
      case "remove":
        await this.#put({ isRemoving: true });
        return await this.#remove({ keepVolumes: false });
      case "start":
        await this.#put({ isWanted: true, isStopped: false });
        this.#startLater(sequel.delayMs);
    }
  }

  #startLater(delayMs: number): void {
    const pending = new AbortController();
    this.#pending = pending;
    this.#tellChanged();
    // For this wait alone: a listener at the daemon's signal would outlive the container.
    const over = AbortSignal.any([pending.signal, this.#signal]);
    const run = async (): Promise<void> => {
      await sleep(this.#parts.clock, delayMs, "engine: restart", over);
      await this.locked(async () => {
        if (over.aborted) return;
        this.#pending = null;
        await this.#put({ restarts: this.#stored.restarts + 1 });
        await this.#launch();
      });
    };
    run().catch((error: unknown) => {
      if (!over.aborted) this.#onStartFailed(error);
    });
  }

  /** Whoever wants it running wants that also after a port was taken for a minute. */
  #onStartFailed(error: unknown): void {
    this.#startsFailed++;
    this.#quickEnds++;
    const level = this.#startsFailed <= QUIET_FAILURES_MAX ? "debug" : levelOfFailure(this.#startsFailed);
    this.#parts.log[level]("a container could not be started again", { container: this.id, error: messageOf(error) });
    this.locked(async () => {
      if (this.#isGone || this.#stored.isStopped) return;
      const ended = { ...this.#ended(), exitCode: this.#stored.exitCode || 1 };
      await this.#put({ failures: this.#stored.failures + 1 });
      await this.#follow(afterEnd(ended));
    }).catch((fault: unknown) => {
      this.#parts.log.error("a container is not started again", { container: this.id, error: messageOf(fault) });
    });
  }

  async #remove({ keepVolumes }: { readonly keepVolumes: boolean }): Promise<void> {
    await this.#parts.executor.remove(this.id, { keepVolumes });
    await this.#parts.book.remove(this.id);
    this.#parts.places.release(this.id);
    this.#isGone = true;
    this.#parts.onRemoved(this.id);
    this.#note("destroy");
    this.#tellChanged();
  }

  async #hold(isPaused: boolean): Promise<void> {
    await this.#parts.executor.hold(this.id, isPaused);
    await this.#put({ isPaused });
  }

  #cancelPending(): void {
    this.#pending?.abort(new SwarmError("cancelled", "somebody decided otherwise"));
    this.#pending = null;
  }

  /** On disk first. */
  async #put(change: Partial<OwnContainer>): Promise<void> {
    const stored = { ...this.#stored, ...change };
    await this.#parts.book.put(stored);
    this.#stored = stored;
    this.#tellChanged();
  }

  #tellChanged(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #note(action: string, attributes: Readonly<Record<string, string>> = {}): void {
    const { labels = {}, image = "" } = this.config.task?.container ?? {};
    const { name } = this.config;
    this.#parts.events.note("container", action, this.id, { ...labels, image, name, ...attributes });
  }

  /** One change of it at a time. */
  locked<T>(work: () => Promise<T>): Promise<T> {
    return this.#lock.run("life", work);
  }

  #refuseRemoving(): void {
    if (this.#isGone || this.#stored.isRemoving)
      throw refusal("container is marked for removal and cannot be started or changed");
  }
}
