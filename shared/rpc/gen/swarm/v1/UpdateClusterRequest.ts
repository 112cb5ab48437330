// Original file: proto/swarm/v1/control.proto

import type { ClusterSpec as _swarm_v1_ClusterSpec, ClusterSpec__Output as _swarm_v1_ClusterSpec__Output } from '../../swarm/v1/ClusterSpec.ts';
import type { Long } from '@grpc/proto-loader';

export interface UpdateClusterRequest {
  /**
   * Absent = spec unchanged.
   */
  'spec'?: (_swarm_v1_ClusterSpec | null);
  /**
   * meta.version the caller has read; 0 = do not check.
   */
  'version'?: (number | string | Long);
  'rotateWorkerToken'?: (boolean);
  'rotateManagerToken'?: (boolean);
  'rotateGossipKeys'?: (boolean);
}

export interface UpdateClusterRequest__Output {
  /**
   * Absent = spec unchanged.
   */
  'spec': (_swarm_v1_ClusterSpec__Output | null);
  /**
   * meta.version the caller has read; 0 = do not check.
   */
  'version': (number);
  'rotateWorkerToken': (boolean);
  'rotateManagerToken': (boolean);
  'rotateGossipKeys': (boolean);
}
