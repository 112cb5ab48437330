/**
 * The objects of a cluster as our code handles them: the generated wire types, deeply readonly, with branded ids and
 * with the parts that are always there said to be so. proto/swarm/v1/objects.proto explains each field.
 * `parse.ts` is the only way in; the way out needs no conversion.
 */
import type { ClusterId, NetworkId, NodeId, ServiceId, TaskId } from "../ids.ts";
import type { Annotations__Output } from "../rpc/gen/swarm/v1/Annotations.ts";
import type { Cluster__Output } from "../rpc/gen/swarm/v1/Cluster.ts";
import type { ClusterSpec__Output } from "../rpc/gen/swarm/v1/ClusterSpec.ts";
import type { ContainerSpec__Output } from "../rpc/gen/swarm/v1/ContainerSpec.ts";
import type { Endpoint__Output } from "../rpc/gen/swarm/v1/Endpoint.ts";
import type { GossipKeys__Output } from "../rpc/gen/swarm/v1/GossipKeys.ts";
import type { Meta__Output } from "../rpc/gen/swarm/v1/Meta.ts";
import type { Mount__Output } from "../rpc/gen/swarm/v1/Mount.ts";
import type { Network__Output } from "../rpc/gen/swarm/v1/Network.ts";
import type { NetworkAttachment__Output } from "../rpc/gen/swarm/v1/NetworkAttachment.ts";
import type { NetworkSpec__Output } from "../rpc/gen/swarm/v1/NetworkSpec.ts";
import type { Node__Output } from "../rpc/gen/swarm/v1/Node.ts";
import type { NodeDescription__Output } from "../rpc/gen/swarm/v1/NodeDescription.ts";
import type { NodeRole__Output } from "../rpc/gen/swarm/v1/NodeRole.ts";
import type { NodeSpec__Output } from "../rpc/gen/swarm/v1/NodeSpec.ts";
import type { NodeStatus__Output } from "../rpc/gen/swarm/v1/NodeStatus.ts";
import type { Placement__Output } from "../rpc/gen/swarm/v1/Placement.ts";
import type { Platform__Output } from "../rpc/gen/swarm/v1/Platform.ts";
import type { PortConfig__Output } from "../rpc/gen/swarm/v1/PortConfig.ts";
import type { Resources__Output } from "../rpc/gen/swarm/v1/Resources.ts";
import type { RestartPolicy__Output } from "../rpc/gen/swarm/v1/RestartPolicy.ts";
import type { RootCa__Output } from "../rpc/gen/swarm/v1/RootCa.ts";
import type { Service__Output } from "../rpc/gen/swarm/v1/Service.ts";
import type { ServiceSpec__Output } from "../rpc/gen/swarm/v1/ServiceSpec.ts";
import type { Task__Output } from "../rpc/gen/swarm/v1/Task.ts";
import type { TaskSpec__Output } from "../rpc/gen/swarm/v1/TaskSpec.ts";
import type { TaskState__Output } from "../rpc/gen/swarm/v1/TaskState.ts";
import type { TaskStatus__Output } from "../rpc/gen/swarm/v1/TaskStatus.ts";

type Scalar = string | number | boolean | null | undefined | Uint8Array;
/** Readonly all the way down; bytes and branded scalars stay as they are. */
export type DeepReadonly<T> = T extends Scalar
  ? T
  : T extends readonly (infer Item)[]
    ? readonly DeepReadonly<Item>[]
    : { readonly [Key in keyof T]: DeepReadonly<T[Key]> };

type Replace<Base, Changes> = DeepReadonly<Omit<Base, keyof Changes>> & DeepReadonly<Changes>;

export type Meta = DeepReadonly<Meta__Output>;
export type Annotations = DeepReadonly<Annotations__Output>;
export type Platform = DeepReadonly<Platform__Output>;
export type Resources = DeepReadonly<Resources__Output>;
export type Mount = DeepReadonly<Mount__Output>;
export type PortConfig = DeepReadonly<PortConfig__Output>;
export type Placement = DeepReadonly<Placement__Output>;
export type RestartPolicy = DeepReadonly<RestartPolicy__Output>;
export type Endpoint = DeepReadonly<Endpoint__Output>;
export type NodeRole = NodeRole__Output;
export type TaskState = TaskState__Output;
export type TaskStatus = DeepReadonly<TaskStatus__Output>;
export type NodeDescription = DeepReadonly<NodeDescription__Output>;
export type NodeStatus = DeepReadonly<NodeStatus__Output>;
export type ClusterSpec = DeepReadonly<ClusterSpec__Output>;
export type RootCa = DeepReadonly<RootCa__Output>;
export type GossipKeys = DeepReadonly<GossipKeys__Output>;
export type ContainerSpec = DeepReadonly<ContainerSpec__Output>;
export type NetworkAttachment = Replace<NetworkAttachment__Output, { networkId: NetworkId }>;
export type NodeSpec = Replace<NodeSpec__Output, { annotations: Annotations }>;
/** Attachment tasks without a container do not exist yet, so `container` is always there. */
export type TaskSpec = Replace<TaskSpec__Output, { container: ContainerSpec }>;
export type NetworkSpec = Replace<NetworkSpec__Output, { annotations: Annotations }>;
export type ServiceSpec = Replace<
  ServiceSpec__Output,
  { annotations: Annotations; task: TaskSpec; mode: "replicated" | "global" }
>;

export type Node = Replace<
  Node__Output,
  {
    id: NodeId;
    meta: Meta;
    spec: NodeSpec;
    status: NodeStatus;
    attachments: NetworkAttachment[];
  }
>;
export type Service = Replace<
  Service__Output,
  { id: ServiceId; meta: Meta; spec: ServiceSpec; previousSpec: ServiceSpec | null }
>;
export type Task = Replace<
  Task__Output,
  {
    id: TaskId;
    meta: Meta;
    spec: TaskSpec;
    serviceId: ServiceId;
    serviceAnnotations: Annotations;
    nodeId: NodeId | "";
    status: TaskStatus;
    networks: NetworkAttachment[];
  }
>;
export type Network = Replace<Network__Output, { id: NetworkId; meta: Meta; spec: NetworkSpec }>;
export type Cluster = Replace<Cluster__Output, { id: ClusterId; meta: Meta; spec: ClusterSpec; rootCa: RootCa }>;

/** Every kind of object in the store, by the name it has in changes and tables. */
export interface ObjectKinds {
  readonly node: Node;
  readonly service: Service;
  readonly task: Task;
  readonly network: Network;
  readonly cluster: Cluster;
}
export type ObjectKind = keyof ObjectKinds;
export const OBJECT_KINDS = ["node", "service", "task", "network", "cluster"] as const satisfies readonly ObjectKind[];
