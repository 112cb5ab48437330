import type { Login } from "../../shared/objects/types.ts";

/** Keeps, in memory alone, what registries want to see before they give the images of this host's tasks. */
export interface LoginKeeper {
  /** These and no others, from now on. */
  take(logins: Iterable<Login>): void;
}
