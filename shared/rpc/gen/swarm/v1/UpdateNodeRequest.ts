// Original file: proto/swarm/v1/control.proto

import type { NodeSpec as _swarm_v1_NodeSpec, NodeSpec__Output as _swarm_v1_NodeSpec__Output } from '../../swarm/v1/NodeSpec.ts';
import type { Long } from '@grpc/proto-loader';

export interface UpdateNodeRequest {
  'ref'?: (string);
  /**
   * meta.version the caller has read; 0 = do not check.
   */
  'version'?: (number | string | Long);
  /**
   * The whole new spec.
   */
  'spec'?: (_swarm_v1_NodeSpec | null);
}

export interface UpdateNodeRequest__Output {
  'ref': (string);
  /**
   * meta.version the caller has read; 0 = do not check.
   */
  'version': (number);
  /**
   * The whole new spec.
   */
  'spec': (_swarm_v1_NodeSpec__Output | null);
}
