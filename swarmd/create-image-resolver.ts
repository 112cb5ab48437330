import { SkopeoResolver } from "../manager/ports/skopeo-resolver.ts";
import { RegistryResolver } from "../manager/registry/registry-resolver.ts";
import type { Logger } from "../shared/log.ts";
import { systemClock } from "../shared/ports/system-clock.ts";
import { SystemRegistryFiles } from "../shared/registry/ports/registry-files.ts";
import { NodeRegistryHttp } from "../shared/registry/ports/registry-http.ts";
import type { DaemonOptions } from "./daemon-options.ts";

/** How this manager looks images up; its connections are closed with `resources`. */
export function createImageResolver(
  options: DaemonOptions,
  log: Logger,
  resources: AsyncDisposableStack,
): RegistryResolver {
  const registriesConf = options.registriesConf || null;
  return new RegistryResolver({
    http: resources.use(new NodeRegistryHttp()),
    files: new SystemRegistryFiles({ registriesConf }),
    fallback: new SkopeoResolver({ log, registriesConf }),
    clock: systemClock,
    log,
  });
}
