import type { Backend } from "../http-api/backend.ts";
import { openDockerSocket } from "../http-api/ports/docker-socket.ts";
import type { Logger } from "../shared/log.ts";
import { systemClock } from "../shared/ports/system-clock.ts";
import { connectInProcess } from "../shared/rpc/in-process-call.ts";
import { hostServicesBy, type OpenService } from "../shared/rpc/light/host-services.ts";
import type { AnswerLocally } from "../shared/rpc/ports/local-session.ts";
import { services } from "../shared/rpc/schema.ts";
import type { RpcService } from "../shared/rpc/service-types.ts";

interface DockerApiOptions {
  /** null = it is not served. */
  readonly socketPath: string | null;
  /** Of the server on the local socket. */
  readonly answer: AnswerLocally;
  readonly version: string;
  readonly log: Logger;
}

/** Docker's HTTP API beside the local socket, whose handlers answer both. @throws SwarmError if it cannot be opened. */
export async function openDockerApi({
  socketPath,
  answer,
  ...rest
}: DockerApiOptions): Promise<AsyncDisposable | null> {
  return socketPath === null ? null : await openDockerSocket(socketPath, { ...rest, backend: backendOver(answer) });
}

function backendOver(answer: AnswerLocally): Backend {
  const open = ((name) =>
    // Name and service belong together in the schema; the compiler does not follow them through a parameter.
    connectInProcess(services[name] as RpcService<unknown>, answer, systemClock)) as OpenService;
  return {
    control: open("control"),
    logs: open("logs"),
    hosts: open("hosts"),
    local: open("local"),
    engine: (target) => hostServicesBy(open, target),
  };
}
