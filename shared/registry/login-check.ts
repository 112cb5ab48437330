import { SwarmError } from "../errors.ts";
import { invariant } from "../invariant.ts";
import type { LoginSpec } from "../objects/types.ts";
import type { Clock } from "../ports/clock.ts";
import { unlessAborted } from "../unless-aborted.ts";
import { credentialsOf } from "./credentials.ts";
import { sourcesOf } from "./endpoints.ts";
import { splitLoginName } from "./login-names.ts";
import { parseRegistriesConf } from "./registries-conf.ts";
import { certificatePath, follow, openDoor, type Refused, type Visit } from "./registry-door.ts";
import type { RegistryFiles, RegistryHttp } from "./registry-world.ts";

/** A person is waiting. */
const CHECK_TIMEOUT_MS = 10_000;

export interface LoginCheckOptions {
  readonly http: RegistryHttp;
  readonly files: RegistryFiles;
  readonly clock: Clock;
}

/** Asks the registry itself whether it takes a login, as `docker login` does. */
export class RegistryLoginCheck {
  readonly #options: LoginCheckOptions;

  constructor(options: LoginCheckOptions) {
    this.#options = options;
  }

  /**
   * @throws SwarmError, with registry and cause: permissionDenied when the registry refuses it; unavailable when it
   * gives no usable answer in time; failedPrecondition when this host's configuration forbids it.
   */
  async check(login: LoginSpec, signal: AbortSignal): Promise<void> {
    const { http } = this.#options;
    const { registry } = splitLoginName(login.annotations.name);
    const visit = this.#visit(login);
    const refused = await unlessAborted(tried(http, visit), signal);
    if (refused !== null) throw faultOf(registry, login.username, refused);
  }

  /** Mirrors have logins of their own. @throws SwarmError failedPrecondition. */
  #visit(login: LoginSpec): Visit {
    const { files, clock } = this.#options;
    const { registry, path } = splitLoginName(login.annotations.name);
    const within = { registry, path: path === "" ? "x" : path, tag: null, digest: null };
    const where = sourcesOf(within, parseRegistriesConf(files.conf()).rules);
    const source = where.kind === "blocked" ? undefined : where.sources.at(-1);
    if (source === undefined) {
      const sentence = `registry ${registry} is blocked by this host's registries.conf`;
      throw new SwarmError("failedPrecondition", sentence);
    }
    const credentials = credentialsOf(login);
    invariant(credentials.kind === "basic", "only passwords are tried");
    const untilMs = clock.now() + CHECK_TIMEOUT_MS;
    return {
      // Without a path: what it may see there is asked with each image.
      source: { ...source, image: { ...source.image, path: "" } },
      basic: credentials.encoded,
      certificates: files.certificates(source.image.registry),
      remainingMs: () => untilMs - clock.now(),
    };
  }
}

/** null = it takes the login. */
async function tried(http: RegistryHttp, visit: Visit): Promise<Refused | null> {
  const door = await openDoor(http, visit);
  if (door.kind !== "open") return door;
  // A registry that lets everyone in may still know who is not welcome.
  const authorization = door.authorization ?? `Basic ${visit.basic}`;
  try {
    const answer = await follow(http, visit, { method: "GET", url: door.base, authorization, headers: {} });
    if (answer.status === 200) return null;
    if (answer.status === 401 || answer.status === 403) return { kind: "denied" };
    return { kind: "silent", why: `${door.base} answers ${answer.status}` };
  } catch (error) {
    return { kind: "silent", why: (error as Error).message };
  }
}

function faultOf(registry: string, username: string, refused: Refused): SwarmError {
  switch (refused.kind) {
    case "denied":
    case "unknown":
      return new SwarmError("permissionDenied", `registry ${registry} refuses the username or password of ${username}`);
    case "silent":
      return new SwarmError("unavailable", `registry ${registry} cannot be reached or does not answer: ${refused.why}`);
    default: {
      const isDistrust = refused.why.includes("certificate");
      const advice = isDistrust ? `; put its authority's into ${certificatePath(registry)} on every host` : "";
      return new SwarmError("failedPrecondition", `cannot sign in to registry ${registry}: ${refused.why}${advice}`);
    }
  }
}
