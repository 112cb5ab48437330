import type { Login, LoginSpec } from "../../shared/objects/types.ts";
import type { LoginKeeper } from "../ports/login-keeper.ts";

type LoginOf = (name: string) => LoginSpec | undefined;

/**
 * The swarm's logins as far as this host has them: those for the images of its tasks and, on a manager, all. Only in
 * memory, and read anew for each pull.
 */
export class HostLogins implements LoginKeeper {
  #ofTasks: ReadonlyMap<string, LoginSpec> = new Map();
  #lent: LoginOf | null = null;

  take(logins: Iterable<Login>): void {
    this.#ofTasks = new Map([...logins].map(({ spec }) => [spec.annotations.name, spec]));
  }

  /** This host's manager knows them all, until what is returned is disposed. */
  borrow(loginOf: LoginOf): Disposable {
    this.#lent = loginOf;
    return {
      [Symbol.dispose]: () => {
        if (this.#lent === loginOf) this.#lent = null;
      },
    };
  }

  /** The login of exactly this name. A manager that lags behind counts less than what the leader sent. */
  of(name: string): LoginSpec | undefined {
    return this.#ofTasks.get(name) ?? this.#lent?.(name);
  }
}
