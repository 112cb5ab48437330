import type { Backend } from "../http-api/backend.ts";
import { nameOf } from "../http-api/listen-address.ts";
import { openDockerSocket } from "../http-api/ports/docker-socket.ts";
import { openDockerTcp } from "../http-api/ports/docker-tcp.ts";
import type { Logger } from "../shared/log.ts";
import { systemClock } from "../shared/ports/system-clock.ts";
import { connectInProcess } from "../shared/rpc/in-process-call.ts";
import { hostServicesBy, type OpenService } from "../shared/rpc/light/host-services.ts";
import type { InProcessDoor } from "../shared/rpc/light-door.ts";
import { services } from "../shared/rpc/schema.ts";
import type { RpcService } from "../shared/rpc/service-types.ts";
import type { DockerApiPlaces } from "./docker-options.ts";

const PLAIN_WARNING = "Docker's API is served without TLS: whoever can connect is root of this host";

interface DockerApiOptions {
  readonly places: DockerApiPlaces;
  /** Of the server on the local socket. */
  readonly door: InProcessDoor;
  readonly version: string;
  readonly log: Logger;
}

/**
 * Docker's API beside the local socket, whose handlers answer both.
 * @throws SwarmError if it cannot be opened at one of its places.
 */
export async function openDockerApi({ places, door, version, log }: DockerApiOptions): Promise<AsyncDisposable> {
  await using opened = new AsyncDisposableStack();
  // One for all places: what a client has begun by one may be gone on with by another.
  const options = { version, log, backend: backendOver(door) };
  for (const address of places.addresses) {
    if (address.kind === "unix") opened.use(await openDockerSocket(address.path, options));
    else {
      opened.use(await openDockerTcp(address, places.certificates, options));
      if (places.certificates === null) log.warn(PLAIN_WARNING, { address: nameOf(address) });
    }
  }
  return opened.move();
}

function backendOver(door: InProcessDoor): Backend {
  const open = ((name) =>
    // Name and service belong together in the schema; the compiler does not follow them through a parameter.
    connectInProcess(services[name] as RpcService<unknown>, door, systemClock)) as OpenService;
  return {
    control: open("control"),
    logs: open("logs"),
    hosts: open("hosts"),
    local: open("local"),
    engine: (target) => hostServicesBy(open, target),
  };
}
