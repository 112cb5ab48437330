import { join } from "node:path";
import type { LoginCheck } from "../manager/ports/login-check.ts";
import { SkopeoResolver } from "../manager/ports/skopeo-resolver.ts";
import { RegistryResolver } from "../manager/registry/registry-resolver.ts";
import type { Store } from "../manager/store/store-types.ts";
import type { Logger } from "../shared/log.ts";
import type { LoginSpec } from "../shared/objects/types.ts";
import { systemClock } from "../shared/ports/system-clock.ts";
import { LoginsAndFiles } from "../shared/registry/find-credentials.ts";
import { RegistryLoginCheck } from "../shared/registry/login-check.ts";
import { systemCredentialPrograms } from "../shared/registry/ports/credential-programs.ts";
import { SystemRegistryFiles } from "../shared/registry/ports/registry-files.ts";
import { NodeRegistryHttp } from "../shared/registry/ports/registry-http.ts";
import type { DaemonOptions } from "./daemon-options.ts";

export interface ManagersRegistries {
  readonly images: RegistryResolver;
  readonly loginCheck: LoginCheck;
}

export interface RegistriesDeps {
  readonly options: DaemonOptions;
  /** Gives this host the swarm's logins while the manager runs. */
  readonly lendLogins: (loginOf: (name: string) => LoginSpec | undefined) => Disposable;
  readonly log: Logger;
}

/** How this manager looks images up and tries logins; its connections are closed with `resources`. */
export function createImageResolver(
  { options, lendLogins, log }: RegistriesDeps,
  store: Pick<Store, "view">,
  resources: AsyncDisposableStack,
): ManagersRegistries {
  const loginOf = (name: string): LoginSpec | undefined => store.view().byName("login", name)?.spec;
  resources.use(lendLogins(loginOf));
  const registriesConf = options.registriesConf || null;
  const http = resources.use(new NodeRegistryHttp());
  const files = new SystemRegistryFiles({ registriesConf });
  const credentials = new LoginsAndFiles({
    files,
    programs: systemCredentialPrograms,
    loginOf,
  });
  const fallback = new SkopeoResolver({
    log,
    registriesConf,
    authFile: { credentials, directory: authDirectoryOf(options.runDir) },
  });
  return {
    images: new RegistryResolver({ http, files, credentials, fallback, clock: systemClock, log }),
    loginCheck: new RegistryLoginCheck({ http, files, clock: systemClock }),
  };
}

/** Where logins are while skopeo asks for a digest; emptied at the daemon's start. */
export function authDirectoryOf(runDir: string): string {
  return join(runDir, "registry-auth");
}
