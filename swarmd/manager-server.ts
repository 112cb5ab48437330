import type { GrpcRaftTransport } from "../raft/transport/grpc-transport.ts";
import { type Doorkeeper, joinGroupHandler } from "../raft/transport/join-group.ts";
import { raftService } from "../raft/wire/raft-service.ts";
import type { InvariantError } from "../shared/invariant.ts";
import type { Logger } from "../shared/log.ts";
import type { TlsCredentials } from "../shared/pki/tls-credentials.ts";
import type { NodeCaller } from "../shared/rpc/authorize.ts";
import type { NodeRole } from "../shared/rpc/gen/objects.ts";
import { RpcServer } from "../shared/rpc/rpc-server.ts";
import { services } from "../shared/rpc/schema.ts";
import { splitHostPort } from "./advertise.ts";
import { DEFAULT_MANAGER_PORT } from "./daemon-options.ts";
import { delegateTo } from "./delegate.ts";
import type { ManagerParts } from "./manager-parts.ts";
import type { NodeRecord } from "./node-record.ts";

export interface ManagerServerDeps {
  readonly record: NodeRecord;
  readonly credentials: TlsCredentials;
  readonly log: Logger;
  readonly onBug: (error: InvariantError) => void;
  readonly admit: (caller: NodeCaller) => NodeRole;
  readonly isMemberAddress: (address: string) => boolean;
  readonly transport: GrpcRaftTransport;
  /** @throws SwarmError unavailable until they are there. */
  readonly parts: () => ManagerParts;
  readonly doorkeeper: () => Doorkeeper | null;
}

/**
 * What managers answer on 2377: peers (Raft), workers (dispatcher), newcomers (certificates), other managers (the
 * rest).
 */
export function createManagerServer(deps: ManagerServerDeps): RpcServer {
  const { record, credentials, log, onBug, admit, isMemberAddress, transport, parts, doorkeeper } = deps;
  const { host, port } = splitHostPort(record.listenAddress, "--listen-addr");
  const endpoint = { kind: "tls", host, port: port ?? DEFAULT_MANAGER_PORT, credentials } as const;
  return new RpcServer(endpoint, { log, admit, isMemberAddress, onBug })
    .add(raftService, { ...transport.handlers, joinGroup: joinGroupHandler({ doorkeeper }) })
    .add(
      services.certificateAuthority,
      delegateTo(services.certificateAuthority, () => parts().authority),
    )
    .add(
      services.dispatcher,
      delegateTo(services.dispatcher, () => parts().dispatcher),
    )
    .add(
      services.control,
      delegateTo(services.control, () => parts().control),
    )
    .add(
      services.logs,
      delegateTo(services.logs, () => parts().logs),
    )
    .add(
      services.hosts,
      delegateTo(services.hosts, () => parts().hosts),
    );
}
