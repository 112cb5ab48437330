import { createId } from "../../shared/ids.ts";
import { mustHave } from "../../shared/invariant.ts";
import { KINDS } from "../../shared/objects/kinds.ts";
import { LOGIN_LIMITS } from "../../shared/objects/limits.ts";
import type { Login, LoginSpec } from "../../shared/objects/types.ts";
import { parseLoginName } from "../../shared/registry/login-names.ts";
import type { ListLoginsRequest, SetLoginRequest } from "../../shared/rpc/gen/control.ts";
import type { LoginSpec as WireLoginSpec } from "../../shared/rpc/gen/objects.ts";
import { bytesOf, check, checkLimit } from "../../shared/spec-checks/refuse.ts";
import type { WriteTx } from "../store/store-types.ts";
import { type ApiContext, readCommitted } from "./api-context.ts";
import { isAskedFor } from "./filters.ts";
import { findObject } from "./reference.ts";

// Logins to registries. No answer and no message here holds a password or token.

/** Those that match all filters. */
export async function listLogins(api: ApiContext, filter: ListLoginsRequest): Promise<readonly Login[]> {
  const view = await readCommitted(api);
  return view
    .all("login")
    .filter((login) => isAskedFor("login", login, filter))
    .map(KINDS.login.conceal);
}

/**
 * From here on digests are looked up with it, and hosts pull with it.
 * @throws SwarmError invalidArgument; with `verify` also what the registry says: permissionDenied, unavailable,
 * failedPrecondition.
 */
export async function setLogin(api: ApiContext, request: SetLoginRequest, signal: AbortSignal): Promise<Login> {
  const spec = takeLogin(request.spec);
  const { name } = spec.annotations;
  await readCommitted(api);
  if (request.verify && spec.identityToken === "") await api.loginCheck.check(spec, signal);
  await api.store.update("set login", (tx) => writeLogin(tx, api, spec));
  return KINDS.login.conceal(mustHave(api.store.view().byName("login", name), `login ${name}`));
}

/** As part of a larger change: a login that came with something refused must not stay. @throws SwarmError */
export function writeLogin(tx: WriteTx, { random }: Pick<ApiContext, "random">, spec: LoginSpec): void {
  const old = tx.byName("login", spec.annotations.name);
  if (old !== undefined) {
    tx.update("login", { ...old, spec });
    return;
  }
  checkLimit(LOGIN_LIMITS.logins, tx.all("login").length + 1);
  tx.create("login", {
    id: createId<Login["id"]>(random),
    meta: { version: 0, createdAtMs: 0, updatedAtMs: 0 },
    spec,
  });
}

/** @throws SwarmError notFound. */
export async function removeLogin(api: ApiContext, ref: string): Promise<void> {
  await api.store.update("remove login", (tx) => tx.remove("login", findObject(tx, "login", ref).id));
}

/** A login as it is kept. @throws SwarmError invalidArgument. */
export function takeLogin(wire: WireLoginSpec | null): LoginSpec {
  check(wire !== null, "the request holds no login spec");
  const { username, password, identityToken } = wire;
  const asked = wire.annotations ?? { name: "", labels: {} };
  const name = parseLoginName(asked.name);
  checkLimit(LOGIN_LIMITS.loginName, name.length);
  checkLimit(LOGIN_LIMITS.loginUser, bytesOf(username));
  for (const secret of [password, identityToken]) checkLimit(LOGIN_LIMITS.loginSecret, bytesOf(secret));
  check(username !== "" || identityToken !== "", `a login to registry ${name} needs a username`);
  check(password !== "" || identityToken !== "", `a login to registry ${name} needs a password`);
  check(!/[:\p{Cc}]/u.test(username), "a username for a registry cannot hold a colon or control characters");
  return { annotations: { ...asked, name }, username, password: identityToken === "" ? password : "", identityToken };
}
