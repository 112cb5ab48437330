/**
 * The objects of a cluster as our code handles them: the generated wire types with branded ids, and with the parts that
 * are always present declared as such. Their other parts are the wire's own types (rpc/gen/objects.ts). `parse.ts` is
 * the only way in; the way out needs no conversion.
 */
import type { ClusterId, Id, NetworkId, NodeId, ServiceId, TaskId } from "../ids.ts";
import type * as wire from "../rpc/gen/objects.ts";

/** Distributes over each member of a union, so that a union stays a union. */
type Replace<Base, Changes> = Base extends unknown ? Omit<Base, keyof Changes> & Readonly<Changes> : never;

export type NetworkAttachment = Replace<wire.NetworkAttachment, { networkId: NetworkId }>;
export type NodeSpec = Replace<wire.NodeSpec, { annotations: wire.Annotations }>;
/** Attachment tasks without a container do not exist yet, so `container` is always there. */
export type TaskSpec = Replace<wire.TaskSpec, { container: wire.ContainerSpec }>;
export type NetworkSpec = Replace<wire.NetworkSpec, { annotations: wire.Annotations }>;
export type ServiceSpec = Replace<
  Exclude<wire.ServiceSpec, { readonly mode?: undefined }>,
  { annotations: wire.Annotations; task: TaskSpec }
>;
export type ServiceMode = ServiceSpec["mode"];

export type Node = Replace<
  wire.Node,
  {
    id: NodeId;
    meta: wire.Meta;
    spec: NodeSpec;
    status: wire.NodeStatus;
    attachments: readonly NetworkAttachment[];
  }
>;
export type Canary = Replace<wire.Canary, { base: ServiceSpec }>;
export type PreDeployStatus = Replace<wire.PreDeployStatus, { base: ServiceSpec | null }>;
export type Service = Replace<
  wire.Service,
  {
    id: ServiceId;
    meta: wire.Meta;
    spec: ServiceSpec;
    previousSpec: ServiceSpec | null;
    canary: Canary | null;
    preDeploy: PreDeployStatus | null;
  }
>;
export type EarlierSpec = Replace<
  wire.EarlierSpec,
  { id: Id<"earlierSpec">; meta: wire.Meta; serviceId: ServiceId; spec: ServiceSpec }
>;
export type Task = Replace<
  wire.Task,
  {
    id: TaskId;
    meta: wire.Meta;
    spec: TaskSpec;
    serviceId: ServiceId;
    serviceAnnotations: wire.Annotations;
    nodeId: NodeId | "";
    status: wire.TaskStatus;
    networks: readonly NetworkAttachment[];
  }
>;
export type Network = Replace<wire.Network, { id: NetworkId; meta: wire.Meta; spec: NetworkSpec }>;
export type Cluster = Replace<
  wire.Cluster,
  { id: ClusterId; meta: wire.Meta; spec: wire.ClusterSpec; rootCa: wire.RootCa }
>;

/** Of secrets and configs. */
export type ContentSpec = Replace<wire.ContentSpec, { annotations: wire.Annotations }>;
export type Secret = Replace<wire.Secret, { id: Id<"secret">; meta: wire.Meta; spec: ContentSpec }>;
export type Config = Replace<wire.Config, { id: Id<"config">; meta: wire.Meta; spec: ContentSpec }>;

export type LoginSpec = Replace<wire.LoginSpec, { annotations: wire.Annotations }>;
export type Login = Replace<wire.Login, { id: Id<"login">; meta: wire.Meta; spec: LoginSpec }>;

export type Guest = Replace<wire.Guest, { id: Id<"guest">; meta: wire.Meta; nodeId: NodeId; networkId: NetworkId }>;

/** Every kind of object in the store, by the name it has in changes and tables. */
export interface ObjectKinds {
  readonly node: Node;
  readonly service: Service;
  readonly task: Task;
  readonly network: Network;
  readonly cluster: Cluster;
  readonly secret: Secret;
  readonly config: Config;
  readonly login: Login;
  readonly earlierSpec: EarlierSpec;
  readonly guest: Guest;
}
export type ObjectKind = keyof ObjectKinds;
export const OBJECT_KINDS = [
  "node",
  "service",
  "task",
  "network",
  "cluster",
  "secret",
  "config",
  "login",
  "earlierSpec",
  "guest",
] as const satisfies readonly ObjectKind[];
