/** Ports of a daemon that is killed in the middle of what it does: from one call on nothing of it happens any more. */
import { setTimeout as pause } from "node:timers/promises";

/** What changes nothing outside: between two of these a kill finds the same things. */
const LOOKS = new Set([
  ...["readText", "open", "changedAt", "list", "kindOf", "deviceAt", "readLink", "sizeOf", "lookAt", "attributesOf"],
  ...["createdAtMs", "identify", "commandLine", "namesIn", "processesIn", "attached", "resolverAddress"],
]);
/** What the dead daemon had begun goes on for so long, as what the kernel had begun does. */
const UNDER_WAY_MS_MAX = 3_000;

type Call = (...args: readonly unknown[]) => unknown;

export class Mortality {
  /** What was called, in order, as PORT.METHOD, without looks. */
  readonly steps: string[] = [];
  readonly #diesAt: number;
  readonly #timesMax: ReadonlyMap<string, number>;
  readonly #underWay = new Set<Promise<unknown>>();
  /** Watches and timers, which end with it. */
  readonly #open: Disposable[] = [];
  /** Files and directories, which the kernel closes. */
  readonly #handles: AsyncDisposable[] = [];
  readonly #death = Promise.withResolvers<void>();
  /** For what a port has begun and the dead daemon was to go on with: it ends there, as with its process. */
  readonly #end = Promise.withResolvers<never>();

  /**
   * Dies in place of the step of that number, counted from 0. Of the steps in `timesMax`, whose number chance decides,
   * only the first so many count.
   */
  constructor(diesAt: number, timesMax: ReadonlyMap<string, number> = new Map()) {
    this.#diesAt = diesAt;
    this.#timesMax = timesMax;
    this.#end.promise.catch(() => {});
  }

  get isDead(): boolean {
    return this.steps.length > this.#diesAt;
  }

  /** Resolves when it is dead, and what it had begun is over. */
  async dead(): Promise<void> {
    await this.#death.promise;
    await Promise.race([Promise.allSettled([...this.#underWay]), pause(UNDER_WAY_MS_MAX)]);
    for (const one of this.#open) one[Symbol.dispose]();
    await Promise.allSettled(this.#handles.map((one) => one[Symbol.asyncDispose]()));
  }

  /** The same port, of the daemon that may die. */
  wrap<Port extends object>(name: string, port: Port): Port {
    return new Proxy(port, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== "function") return value;
        if (typeof key !== "string") return value.bind(target);
        return (...args: readonly unknown[]) => this.#call(`${name}.${key}`, key, value.bind(target) as Call, args);
      },
    });
  }

  /** What a port calls back in the middle of its own work. */
  #mortal(arg: unknown): unknown {
    if (typeof arg !== "function") return arg;
    return (...args: readonly unknown[]) => {
      const result: unknown = Reflect.apply(arg, undefined, args);
      return result instanceof Promise ? Promise.race([result, this.#end.promise]) : result;
    };
  }

  #call(step: string, method: string, call: Call, args: readonly unknown[]): unknown {
    if (method === "watch" || method === "schedule") {
      if (this.isDead) return { [Symbol.dispose]: () => {} };
      const opened = call(...args) as Disposable;
      this.#open.push(opened);
      return opened;
    }
    if (method === "now" || method === "wallNow") return call(...args);
    if (!this.isDead && !LOOKS.has(method) && this.#isCounted(step)) this.steps.push(step);
    if (this.isDead) {
      this.#death.resolve();
      this.#end.reject(new Error("the daemon was killed"));
      return new Promise(() => {});
    }
    const result = call(...args.map((arg) => this.#mortal(arg)));
    if (!(result instanceof Promise)) return result;
    this.#underWay.add(result);
    const over = (): void => void this.#underWay.delete(result);
    result.then(over, over);
    // Who is dead by then does not hear of it.
    return result
      .then((value: unknown) => this.#kept(step, value))
      .finally(() => (this.isDead ? new Promise(() => {}) : undefined));
  }

  #isCounted(step: string): boolean {
    const max = this.#timesMax.get(step);
    return max === undefined || this.steps.filter((each) => each === step).length < max;
  }

  /** What a port has opened is a port itself. */
  #kept(step: string, value: unknown): unknown {
    if (typeof value !== "object" || value === null || !(Symbol.asyncDispose in value)) return value;
    this.#handles.push(value as AsyncDisposable);
    return this.wrap(step, value);
  }
}
