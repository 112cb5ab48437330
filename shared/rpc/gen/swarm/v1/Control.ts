// Original file: proto/swarm/v1/control.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ClusterResponse as _swarm_v1_ClusterResponse, ClusterResponse__Output as _swarm_v1_ClusterResponse__Output } from '../../swarm/v1/ClusterResponse.ts';
import type { CreateServiceRequest as _swarm_v1_CreateServiceRequest, CreateServiceRequest__Output as _swarm_v1_CreateServiceRequest__Output } from '../../swarm/v1/CreateServiceRequest.ts';
import type { Empty as _swarm_v1_Empty, Empty__Output as _swarm_v1_Empty__Output } from '../../swarm/v1/Empty.ts';
import type { GetClusterRequest as _swarm_v1_GetClusterRequest, GetClusterRequest__Output as _swarm_v1_GetClusterRequest__Output } from '../../swarm/v1/GetClusterRequest.ts';
import type { ListNetworksRequest as _swarm_v1_ListNetworksRequest, ListNetworksRequest__Output as _swarm_v1_ListNetworksRequest__Output } from '../../swarm/v1/ListNetworksRequest.ts';
import type { ListNetworksResponse as _swarm_v1_ListNetworksResponse, ListNetworksResponse__Output as _swarm_v1_ListNetworksResponse__Output } from '../../swarm/v1/ListNetworksResponse.ts';
import type { ListNodesRequest as _swarm_v1_ListNodesRequest, ListNodesRequest__Output as _swarm_v1_ListNodesRequest__Output } from '../../swarm/v1/ListNodesRequest.ts';
import type { ListNodesResponse as _swarm_v1_ListNodesResponse, ListNodesResponse__Output as _swarm_v1_ListNodesResponse__Output } from '../../swarm/v1/ListNodesResponse.ts';
import type { ListServicesRequest as _swarm_v1_ListServicesRequest, ListServicesRequest__Output as _swarm_v1_ListServicesRequest__Output } from '../../swarm/v1/ListServicesRequest.ts';
import type { ListServicesResponse as _swarm_v1_ListServicesResponse, ListServicesResponse__Output as _swarm_v1_ListServicesResponse__Output } from '../../swarm/v1/ListServicesResponse.ts';
import type { ListTasksRequest as _swarm_v1_ListTasksRequest, ListTasksRequest__Output as _swarm_v1_ListTasksRequest__Output } from '../../swarm/v1/ListTasksRequest.ts';
import type { ListTasksResponse as _swarm_v1_ListTasksResponse, ListTasksResponse__Output as _swarm_v1_ListTasksResponse__Output } from '../../swarm/v1/ListTasksResponse.ts';
import type { NetworkResponse as _swarm_v1_NetworkResponse, NetworkResponse__Output as _swarm_v1_NetworkResponse__Output } from '../../swarm/v1/NetworkResponse.ts';
import type { NodeResponse as _swarm_v1_NodeResponse, NodeResponse__Output as _swarm_v1_NodeResponse__Output } from '../../swarm/v1/NodeResponse.ts';
import type { RefRequest as _swarm_v1_RefRequest, RefRequest__Output as _swarm_v1_RefRequest__Output } from '../../swarm/v1/RefRequest.ts';
import type { RemoveNodeRequest as _swarm_v1_RemoveNodeRequest, RemoveNodeRequest__Output as _swarm_v1_RemoveNodeRequest__Output } from '../../swarm/v1/RemoveNodeRequest.ts';
import type { ServiceResponse as _swarm_v1_ServiceResponse, ServiceResponse__Output as _swarm_v1_ServiceResponse__Output } from '../../swarm/v1/ServiceResponse.ts';
import type { TaskResponse as _swarm_v1_TaskResponse, TaskResponse__Output as _swarm_v1_TaskResponse__Output } from '../../swarm/v1/TaskResponse.ts';
import type { UpdateClusterRequest as _swarm_v1_UpdateClusterRequest, UpdateClusterRequest__Output as _swarm_v1_UpdateClusterRequest__Output } from '../../swarm/v1/UpdateClusterRequest.ts';
import type { UpdateNodeRequest as _swarm_v1_UpdateNodeRequest, UpdateNodeRequest__Output as _swarm_v1_UpdateNodeRequest__Output } from '../../swarm/v1/UpdateNodeRequest.ts';
import type { UpdateServiceRequest as _swarm_v1_UpdateServiceRequest, UpdateServiceRequest__Output as _swarm_v1_UpdateServiceRequest__Output } from '../../swarm/v1/UpdateServiceRequest.ts';
import type { WatchRequest as _swarm_v1_WatchRequest, WatchRequest__Output as _swarm_v1_WatchRequest__Output } from '../../swarm/v1/WatchRequest.ts';
import type { WatchResponse as _swarm_v1_WatchResponse, WatchResponse__Output as _swarm_v1_WatchResponse__Output } from '../../swarm/v1/WatchResponse.ts';

/**
 * What people and programs ask of the cluster. Any manager answers: it reads its own copy only when it leads,
 * and otherwise passes the call to the leader. Callers need a manager's certificate or the local socket.
 */
export interface ControlClient extends grpc.Client {
  CreateService(argument: _swarm_v1_CreateServiceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  CreateService(argument: _swarm_v1_CreateServiceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  CreateService(argument: _swarm_v1_CreateServiceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  CreateService(argument: _swarm_v1_CreateServiceRequest, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  createService(argument: _swarm_v1_CreateServiceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  createService(argument: _swarm_v1_CreateServiceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  createService(argument: _swarm_v1_CreateServiceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  createService(argument: _swarm_v1_CreateServiceRequest, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  
  GetCluster(argument: _swarm_v1_GetClusterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ClusterResponse__Output>): grpc.ClientUnaryCall;
  GetCluster(argument: _swarm_v1_GetClusterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_ClusterResponse__Output>): grpc.ClientUnaryCall;
  GetCluster(argument: _swarm_v1_GetClusterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ClusterResponse__Output>): grpc.ClientUnaryCall;
  GetCluster(argument: _swarm_v1_GetClusterRequest, callback: grpc.requestCallback<_swarm_v1_ClusterResponse__Output>): grpc.ClientUnaryCall;
  getCluster(argument: _swarm_v1_GetClusterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ClusterResponse__Output>): grpc.ClientUnaryCall;
  getCluster(argument: _swarm_v1_GetClusterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_ClusterResponse__Output>): grpc.ClientUnaryCall;
  getCluster(argument: _swarm_v1_GetClusterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ClusterResponse__Output>): grpc.ClientUnaryCall;
  getCluster(argument: _swarm_v1_GetClusterRequest, callback: grpc.requestCallback<_swarm_v1_ClusterResponse__Output>): grpc.ClientUnaryCall;
  
  GetNetwork(argument: _swarm_v1_RefRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_NetworkResponse__Output>): grpc.ClientUnaryCall;
  GetNetwork(argument: _swarm_v1_RefRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_NetworkResponse__Output>): grpc.ClientUnaryCall;
  GetNetwork(argument: _swarm_v1_RefRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_NetworkResponse__Output>): grpc.ClientUnaryCall;
  GetNetwork(argument: _swarm_v1_RefRequest, callback: grpc.requestCallback<_swarm_v1_NetworkResponse__Output>): grpc.ClientUnaryCall;
  getNetwork(argument: _swarm_v1_RefRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_NetworkResponse__Output>): grpc.ClientUnaryCall;
  getNetwork(argument: _swarm_v1_RefRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_NetworkResponse__Output>): grpc.ClientUnaryCall;
  getNetwork(argument: _swarm_v1_RefRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_NetworkResponse__Output>): grpc.ClientUnaryCall;
  getNetwork(argument: _swarm_v1_RefRequest, callback: grpc.requestCallback<_swarm_v1_NetworkResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * REFERENCE arguments (`ref`) are an id, a name (host name for nodes) or a unique id prefix, tried in this order.
   */
  GetNode(argument: _swarm_v1_RefRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_NodeResponse__Output>): grpc.ClientUnaryCall;
  GetNode(argument: _swarm_v1_RefRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_NodeResponse__Output>): grpc.ClientUnaryCall;
  GetNode(argument: _swarm_v1_RefRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_NodeResponse__Output>): grpc.ClientUnaryCall;
  GetNode(argument: _swarm_v1_RefRequest, callback: grpc.requestCallback<_swarm_v1_NodeResponse__Output>): grpc.ClientUnaryCall;
  /**
   * REFERENCE arguments (`ref`) are an id, a name (host name for nodes) or a unique id prefix, tried in this order.
   */
  getNode(argument: _swarm_v1_RefRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_NodeResponse__Output>): grpc.ClientUnaryCall;
  getNode(argument: _swarm_v1_RefRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_NodeResponse__Output>): grpc.ClientUnaryCall;
  getNode(argument: _swarm_v1_RefRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_NodeResponse__Output>): grpc.ClientUnaryCall;
  getNode(argument: _swarm_v1_RefRequest, callback: grpc.requestCallback<_swarm_v1_NodeResponse__Output>): grpc.ClientUnaryCall;
  
  GetService(argument: _swarm_v1_RefRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  GetService(argument: _swarm_v1_RefRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  GetService(argument: _swarm_v1_RefRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  GetService(argument: _swarm_v1_RefRequest, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  getService(argument: _swarm_v1_RefRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  getService(argument: _swarm_v1_RefRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  getService(argument: _swarm_v1_RefRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  getService(argument: _swarm_v1_RefRequest, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  
  GetTask(argument: _swarm_v1_RefRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_TaskResponse__Output>): grpc.ClientUnaryCall;
  GetTask(argument: _swarm_v1_RefRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_TaskResponse__Output>): grpc.ClientUnaryCall;
  GetTask(argument: _swarm_v1_RefRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_TaskResponse__Output>): grpc.ClientUnaryCall;
  GetTask(argument: _swarm_v1_RefRequest, callback: grpc.requestCallback<_swarm_v1_TaskResponse__Output>): grpc.ClientUnaryCall;
  getTask(argument: _swarm_v1_RefRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_TaskResponse__Output>): grpc.ClientUnaryCall;
  getTask(argument: _swarm_v1_RefRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_TaskResponse__Output>): grpc.ClientUnaryCall;
  getTask(argument: _swarm_v1_RefRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_TaskResponse__Output>): grpc.ClientUnaryCall;
  getTask(argument: _swarm_v1_RefRequest, callback: grpc.requestCallback<_swarm_v1_TaskResponse__Output>): grpc.ClientUnaryCall;
  
  ListNetworks(argument: _swarm_v1_ListNetworksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ListNetworksResponse__Output>): grpc.ClientUnaryCall;
  ListNetworks(argument: _swarm_v1_ListNetworksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_ListNetworksResponse__Output>): grpc.ClientUnaryCall;
  ListNetworks(argument: _swarm_v1_ListNetworksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ListNetworksResponse__Output>): grpc.ClientUnaryCall;
  ListNetworks(argument: _swarm_v1_ListNetworksRequest, callback: grpc.requestCallback<_swarm_v1_ListNetworksResponse__Output>): grpc.ClientUnaryCall;
  listNetworks(argument: _swarm_v1_ListNetworksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ListNetworksResponse__Output>): grpc.ClientUnaryCall;
  listNetworks(argument: _swarm_v1_ListNetworksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_ListNetworksResponse__Output>): grpc.ClientUnaryCall;
  listNetworks(argument: _swarm_v1_ListNetworksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ListNetworksResponse__Output>): grpc.ClientUnaryCall;
  listNetworks(argument: _swarm_v1_ListNetworksRequest, callback: grpc.requestCallback<_swarm_v1_ListNetworksResponse__Output>): grpc.ClientUnaryCall;
  
  ListNodes(argument: _swarm_v1_ListNodesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  ListNodes(argument: _swarm_v1_ListNodesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  ListNodes(argument: _swarm_v1_ListNodesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  ListNodes(argument: _swarm_v1_ListNodesRequest, callback: grpc.requestCallback<_swarm_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  listNodes(argument: _swarm_v1_ListNodesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  listNodes(argument: _swarm_v1_ListNodesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  listNodes(argument: _swarm_v1_ListNodesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  listNodes(argument: _swarm_v1_ListNodesRequest, callback: grpc.requestCallback<_swarm_v1_ListNodesResponse__Output>): grpc.ClientUnaryCall;
  
  ListServices(argument: _swarm_v1_ListServicesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ListServicesResponse__Output>): grpc.ClientUnaryCall;
  ListServices(argument: _swarm_v1_ListServicesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_ListServicesResponse__Output>): grpc.ClientUnaryCall;
  ListServices(argument: _swarm_v1_ListServicesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ListServicesResponse__Output>): grpc.ClientUnaryCall;
  ListServices(argument: _swarm_v1_ListServicesRequest, callback: grpc.requestCallback<_swarm_v1_ListServicesResponse__Output>): grpc.ClientUnaryCall;
  listServices(argument: _swarm_v1_ListServicesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ListServicesResponse__Output>): grpc.ClientUnaryCall;
  listServices(argument: _swarm_v1_ListServicesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_ListServicesResponse__Output>): grpc.ClientUnaryCall;
  listServices(argument: _swarm_v1_ListServicesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ListServicesResponse__Output>): grpc.ClientUnaryCall;
  listServices(argument: _swarm_v1_ListServicesRequest, callback: grpc.requestCallback<_swarm_v1_ListServicesResponse__Output>): grpc.ClientUnaryCall;
  
  ListTasks(argument: _swarm_v1_ListTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  ListTasks(argument: _swarm_v1_ListTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  ListTasks(argument: _swarm_v1_ListTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  ListTasks(argument: _swarm_v1_ListTasksRequest, callback: grpc.requestCallback<_swarm_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  listTasks(argument: _swarm_v1_ListTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  listTasks(argument: _swarm_v1_ListTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  listTasks(argument: _swarm_v1_ListTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  listTasks(argument: _swarm_v1_ListTasksRequest, callback: grpc.requestCallback<_swarm_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  
  RemoveNode(argument: _swarm_v1_RemoveNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_Empty__Output>): grpc.ClientUnaryCall;
  RemoveNode(argument: _swarm_v1_RemoveNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_Empty__Output>): grpc.ClientUnaryCall;
  RemoveNode(argument: _swarm_v1_RemoveNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_Empty__Output>): grpc.ClientUnaryCall;
  RemoveNode(argument: _swarm_v1_RemoveNodeRequest, callback: grpc.requestCallback<_swarm_v1_Empty__Output>): grpc.ClientUnaryCall;
  removeNode(argument: _swarm_v1_RemoveNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_Empty__Output>): grpc.ClientUnaryCall;
  removeNode(argument: _swarm_v1_RemoveNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_Empty__Output>): grpc.ClientUnaryCall;
  removeNode(argument: _swarm_v1_RemoveNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_Empty__Output>): grpc.ClientUnaryCall;
  removeNode(argument: _swarm_v1_RemoveNodeRequest, callback: grpc.requestCallback<_swarm_v1_Empty__Output>): grpc.ClientUnaryCall;
  
  RemoveService(argument: _swarm_v1_RefRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_Empty__Output>): grpc.ClientUnaryCall;
  RemoveService(argument: _swarm_v1_RefRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_Empty__Output>): grpc.ClientUnaryCall;
  RemoveService(argument: _swarm_v1_RefRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_Empty__Output>): grpc.ClientUnaryCall;
  RemoveService(argument: _swarm_v1_RefRequest, callback: grpc.requestCallback<_swarm_v1_Empty__Output>): grpc.ClientUnaryCall;
  removeService(argument: _swarm_v1_RefRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_Empty__Output>): grpc.ClientUnaryCall;
  removeService(argument: _swarm_v1_RefRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_Empty__Output>): grpc.ClientUnaryCall;
  removeService(argument: _swarm_v1_RefRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_Empty__Output>): grpc.ClientUnaryCall;
  removeService(argument: _swarm_v1_RefRequest, callback: grpc.requestCallback<_swarm_v1_Empty__Output>): grpc.ClientUnaryCall;
  
  /**
   * Changes the spec (version-checked) and rotates join tokens and gossip keys.
   */
  UpdateCluster(argument: _swarm_v1_UpdateClusterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ClusterResponse__Output>): grpc.ClientUnaryCall;
  UpdateCluster(argument: _swarm_v1_UpdateClusterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_ClusterResponse__Output>): grpc.ClientUnaryCall;
  UpdateCluster(argument: _swarm_v1_UpdateClusterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ClusterResponse__Output>): grpc.ClientUnaryCall;
  UpdateCluster(argument: _swarm_v1_UpdateClusterRequest, callback: grpc.requestCallback<_swarm_v1_ClusterResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Changes the spec (version-checked) and rotates join tokens and gossip keys.
   */
  updateCluster(argument: _swarm_v1_UpdateClusterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ClusterResponse__Output>): grpc.ClientUnaryCall;
  updateCluster(argument: _swarm_v1_UpdateClusterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_ClusterResponse__Output>): grpc.ClientUnaryCall;
  updateCluster(argument: _swarm_v1_UpdateClusterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ClusterResponse__Output>): grpc.ClientUnaryCall;
  updateCluster(argument: _swarm_v1_UpdateClusterRequest, callback: grpc.requestCallback<_swarm_v1_ClusterResponse__Output>): grpc.ClientUnaryCall;
  
  UpdateNode(argument: _swarm_v1_UpdateNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_NodeResponse__Output>): grpc.ClientUnaryCall;
  UpdateNode(argument: _swarm_v1_UpdateNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_NodeResponse__Output>): grpc.ClientUnaryCall;
  UpdateNode(argument: _swarm_v1_UpdateNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_NodeResponse__Output>): grpc.ClientUnaryCall;
  UpdateNode(argument: _swarm_v1_UpdateNodeRequest, callback: grpc.requestCallback<_swarm_v1_NodeResponse__Output>): grpc.ClientUnaryCall;
  updateNode(argument: _swarm_v1_UpdateNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_NodeResponse__Output>): grpc.ClientUnaryCall;
  updateNode(argument: _swarm_v1_UpdateNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_NodeResponse__Output>): grpc.ClientUnaryCall;
  updateNode(argument: _swarm_v1_UpdateNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_NodeResponse__Output>): grpc.ClientUnaryCall;
  updateNode(argument: _swarm_v1_UpdateNodeRequest, callback: grpc.requestCallback<_swarm_v1_NodeResponse__Output>): grpc.ClientUnaryCall;
  
  UpdateService(argument: _swarm_v1_UpdateServiceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  UpdateService(argument: _swarm_v1_UpdateServiceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  UpdateService(argument: _swarm_v1_UpdateServiceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  UpdateService(argument: _swarm_v1_UpdateServiceRequest, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  updateService(argument: _swarm_v1_UpdateServiceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  updateService(argument: _swarm_v1_UpdateServiceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  updateService(argument: _swarm_v1_UpdateServiceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  updateService(argument: _swarm_v1_UpdateServiceRequest, callback: grpc.requestCallback<_swarm_v1_ServiceResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Objects as they change. The first message carries the present state, so nothing is missed between list and watch.
   */
  Watch(argument: _swarm_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_swarm_v1_WatchResponse__Output>;
  Watch(argument: _swarm_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_swarm_v1_WatchResponse__Output>;
  /**
   * Objects as they change. The first message carries the present state, so nothing is missed between list and watch.
   */
  watch(argument: _swarm_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_swarm_v1_WatchResponse__Output>;
  watch(argument: _swarm_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_swarm_v1_WatchResponse__Output>;
  
}

/**
 * What people and programs ask of the cluster. Any manager answers: it reads its own copy only when it leads,
 * and otherwise passes the call to the leader. Callers need a manager's certificate or the local socket.
 */
export interface ControlHandlers extends grpc.UntypedServiceImplementation {
  CreateService: grpc.handleUnaryCall<_swarm_v1_CreateServiceRequest__Output, _swarm_v1_ServiceResponse>;
  
  GetCluster: grpc.handleUnaryCall<_swarm_v1_GetClusterRequest__Output, _swarm_v1_ClusterResponse>;
  
  GetNetwork: grpc.handleUnaryCall<_swarm_v1_RefRequest__Output, _swarm_v1_NetworkResponse>;
  
  /**
   * REFERENCE arguments (`ref`) are an id, a name (host name for nodes) or a unique id prefix, tried in this order.
   */
  GetNode: grpc.handleUnaryCall<_swarm_v1_RefRequest__Output, _swarm_v1_NodeResponse>;
  
  GetService: grpc.handleUnaryCall<_swarm_v1_RefRequest__Output, _swarm_v1_ServiceResponse>;
  
  GetTask: grpc.handleUnaryCall<_swarm_v1_RefRequest__Output, _swarm_v1_TaskResponse>;
  
  ListNetworks: grpc.handleUnaryCall<_swarm_v1_ListNetworksRequest__Output, _swarm_v1_ListNetworksResponse>;
  
  ListNodes: grpc.handleUnaryCall<_swarm_v1_ListNodesRequest__Output, _swarm_v1_ListNodesResponse>;
  
  ListServices: grpc.handleUnaryCall<_swarm_v1_ListServicesRequest__Output, _swarm_v1_ListServicesResponse>;
  
  ListTasks: grpc.handleUnaryCall<_swarm_v1_ListTasksRequest__Output, _swarm_v1_ListTasksResponse>;
  
  RemoveNode: grpc.handleUnaryCall<_swarm_v1_RemoveNodeRequest__Output, _swarm_v1_Empty>;
  
  RemoveService: grpc.handleUnaryCall<_swarm_v1_RefRequest__Output, _swarm_v1_Empty>;
  
  /**
   * Changes the spec (version-checked) and rotates join tokens and gossip keys.
   */
  UpdateCluster: grpc.handleUnaryCall<_swarm_v1_UpdateClusterRequest__Output, _swarm_v1_ClusterResponse>;
  
  UpdateNode: grpc.handleUnaryCall<_swarm_v1_UpdateNodeRequest__Output, _swarm_v1_NodeResponse>;
  
  UpdateService: grpc.handleUnaryCall<_swarm_v1_UpdateServiceRequest__Output, _swarm_v1_ServiceResponse>;
  
  /**
   * Objects as they change. The first message carries the present state, so nothing is missed between list and watch.
   */
  Watch: grpc.handleServerStreamingCall<_swarm_v1_WatchRequest__Output, _swarm_v1_WatchResponse>;
  
}

export interface ControlDefinition extends grpc.ServiceDefinition {
  CreateService: MethodDefinition<_swarm_v1_CreateServiceRequest, _swarm_v1_ServiceResponse, _swarm_v1_CreateServiceRequest__Output, _swarm_v1_ServiceResponse__Output>
  GetCluster: MethodDefinition<_swarm_v1_GetClusterRequest, _swarm_v1_ClusterResponse, _swarm_v1_GetClusterRequest__Output, _swarm_v1_ClusterResponse__Output>
  GetNetwork: MethodDefinition<_swarm_v1_RefRequest, _swarm_v1_NetworkResponse, _swarm_v1_RefRequest__Output, _swarm_v1_NetworkResponse__Output>
  GetNode: MethodDefinition<_swarm_v1_RefRequest, _swarm_v1_NodeResponse, _swarm_v1_RefRequest__Output, _swarm_v1_NodeResponse__Output>
  GetService: MethodDefinition<_swarm_v1_RefRequest, _swarm_v1_ServiceResponse, _swarm_v1_RefRequest__Output, _swarm_v1_ServiceResponse__Output>
  GetTask: MethodDefinition<_swarm_v1_RefRequest, _swarm_v1_TaskResponse, _swarm_v1_RefRequest__Output, _swarm_v1_TaskResponse__Output>
  ListNetworks: MethodDefinition<_swarm_v1_ListNetworksRequest, _swarm_v1_ListNetworksResponse, _swarm_v1_ListNetworksRequest__Output, _swarm_v1_ListNetworksResponse__Output>
  ListNodes: MethodDefinition<_swarm_v1_ListNodesRequest, _swarm_v1_ListNodesResponse, _swarm_v1_ListNodesRequest__Output, _swarm_v1_ListNodesResponse__Output>
  ListServices: MethodDefinition<_swarm_v1_ListServicesRequest, _swarm_v1_ListServicesResponse, _swarm_v1_ListServicesRequest__Output, _swarm_v1_ListServicesResponse__Output>
  ListTasks: MethodDefinition<_swarm_v1_ListTasksRequest, _swarm_v1_ListTasksResponse, _swarm_v1_ListTasksRequest__Output, _swarm_v1_ListTasksResponse__Output>
  RemoveNode: MethodDefinition<_swarm_v1_RemoveNodeRequest, _swarm_v1_Empty, _swarm_v1_RemoveNodeRequest__Output, _swarm_v1_Empty__Output>
  RemoveService: MethodDefinition<_swarm_v1_RefRequest, _swarm_v1_Empty, _swarm_v1_RefRequest__Output, _swarm_v1_Empty__Output>
  UpdateCluster: MethodDefinition<_swarm_v1_UpdateClusterRequest, _swarm_v1_ClusterResponse, _swarm_v1_UpdateClusterRequest__Output, _swarm_v1_ClusterResponse__Output>
  UpdateNode: MethodDefinition<_swarm_v1_UpdateNodeRequest, _swarm_v1_NodeResponse, _swarm_v1_UpdateNodeRequest__Output, _swarm_v1_NodeResponse__Output>
  UpdateService: MethodDefinition<_swarm_v1_UpdateServiceRequest, _swarm_v1_ServiceResponse, _swarm_v1_UpdateServiceRequest__Output, _swarm_v1_ServiceResponse__Output>
  Watch: MethodDefinition<_swarm_v1_WatchRequest, _swarm_v1_WatchResponse, _swarm_v1_WatchRequest__Output, _swarm_v1_WatchResponse__Output>
}
