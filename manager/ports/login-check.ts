import type { LoginSpec } from "../../shared/objects/types.ts";

/** Tries a login at its registry. */
export interface LoginCheck {
  /**
   * @throws SwarmError, with registry and cause: permissionDenied when the registry refuses it; unavailable when it
   * gives no usable answer in time; failedPrecondition when this host's configuration forbids it.
   */
  check(login: LoginSpec, signal: AbortSignal): Promise<void>;
}
