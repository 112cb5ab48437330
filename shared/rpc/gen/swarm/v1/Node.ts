// Original file: proto/swarm/v1/objects.proto

import type { Meta as _swarm_v1_Meta, Meta__Output as _swarm_v1_Meta__Output } from '../../swarm/v1/Meta.ts';
import type { NodeSpec as _swarm_v1_NodeSpec, NodeSpec__Output as _swarm_v1_NodeSpec__Output } from '../../swarm/v1/NodeSpec.ts';
import type { NodeDescription as _swarm_v1_NodeDescription, NodeDescription__Output as _swarm_v1_NodeDescription__Output } from '../../swarm/v1/NodeDescription.ts';
import type { NodeStatus as _swarm_v1_NodeStatus, NodeStatus__Output as _swarm_v1_NodeStatus__Output } from '../../swarm/v1/NodeStatus.ts';
import type { ManagerStatus as _swarm_v1_ManagerStatus, ManagerStatus__Output as _swarm_v1_ManagerStatus__Output } from '../../swarm/v1/ManagerStatus.ts';
import type { NodeRole as _swarm_v1_NodeRole, NodeRole__Output as _swarm_v1_NodeRole__Output } from '../../swarm/v1/NodeRole.ts';
import type { NetworkAttachment as _swarm_v1_NetworkAttachment, NetworkAttachment__Output as _swarm_v1_NetworkAttachment__Output } from '../../swarm/v1/NetworkAttachment.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * One host in the cluster. Created by the CA when a join token is accepted; removed by `node rm`.
 */
export interface Node {
  /**
   * 25 characters of base 36; the certificate's common name.
   */
  'id'?: (string);
  /**
   * Version and instants. Written by the store; what anyone else puts there is ignored.
   */
  'meta'?: (_swarm_v1_Meta | null);
  /**
   * Written by people; at first by the CA, from the join request.
   */
  'spec'?: (_swarm_v1_NodeSpec | null);
  /**
   * What the host says about itself. Written by the dispatcher from the worker's session.
   */
  'description'?: (_swarm_v1_NodeDescription | null);
  /**
   * How it is. Written by the dispatcher.
   */
  'status'?: (_swarm_v1_NodeStatus | null);
  /**
   * Its part in Raft; absent on workers. Written by the role loop.
   */
  'managerStatus'?: (_swarm_v1_ManagerStatus | null);
  /**
   * The role its current certificate may have; follows spec.desired_role. Written by the role loop.
   */
  'role'?: (_swarm_v1_NodeRole);
  /**
   * Addresses this host has on cluster networks (its own, not its tasks'). Written by the allocator.
   */
  'attachments'?: (_swarm_v1_NetworkAttachment)[];
  /**
   * Rises by one whenever `role` changes; a certificate carries the number it was issued under, which tells one from before
   * a demotion from one that a lagging manager has not heard of yet. Written by the role loop.
   */
  'roleGeneration'?: (number | string | Long);
}

/**
 * One host in the cluster. Created by the CA when a join token is accepted; removed by `node rm`.
 */
export interface Node__Output {
  /**
   * 25 characters of base 36; the certificate's common name.
   */
  'id': (string);
  /**
   * Version and instants. Written by the store; what anyone else puts there is ignored.
   */
  'meta': (_swarm_v1_Meta__Output | null);
  /**
   * Written by people; at first by the CA, from the join request.
   */
  'spec': (_swarm_v1_NodeSpec__Output | null);
  /**
   * What the host says about itself. Written by the dispatcher from the worker's session.
   */
  'description': (_swarm_v1_NodeDescription__Output | null);
  /**
   * How it is. Written by the dispatcher.
   */
  'status': (_swarm_v1_NodeStatus__Output | null);
  /**
   * Its part in Raft; absent on workers. Written by the role loop.
   */
  'managerStatus': (_swarm_v1_ManagerStatus__Output | null);
  /**
   * The role its current certificate may have; follows spec.desired_role. Written by the role loop.
   */
  'role': (_swarm_v1_NodeRole__Output);
  /**
   * Addresses this host has on cluster networks (its own, not its tasks'). Written by the allocator.
   */
  'attachments': (_swarm_v1_NetworkAttachment__Output)[];
  /**
   * Rises by one whenever `role` changes; a certificate carries the number it was issued under, which tells one from before
   * a demotion from one that a lagging manager has not heard of yet. Written by the role loop.
   */
  'roleGeneration': (number);
}
