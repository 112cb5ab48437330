import type { RpcClient } from "../shared/rpc/client.ts";
import type { HostServices, HostTarget } from "../shared/rpc/light/host-services.ts";
import type { LightServices } from "../shared/rpc/light/services.ts";

/** What the API translates to: the services that the command line speaks to as well, by clients in this process. */
export interface Backend {
  readonly control: RpcClient<LightServices["control"]>;
  readonly logs: RpcClient<LightServices["logs"]>;
  readonly hosts: RpcClient<LightServices["hosts"]>;
  readonly local: RpcClient<LightServices["local"]>;
  /** The engine of this host, of a node, or of a task's host. Its clients cost nothing and need not be disposed. */
  readonly engine: (target: HostTarget) => HostServices;
}
