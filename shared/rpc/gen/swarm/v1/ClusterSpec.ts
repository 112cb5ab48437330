// Original file: proto/swarm/v1/objects.proto

import type { Annotations as _swarm_v1_Annotations, Annotations__Output as _swarm_v1_Annotations__Output } from '../../swarm/v1/Annotations.ts';
import type { Long } from '@grpc/proto-loader';

export interface ClusterSpec {
  /**
   * Name is always "default".
   */
  'annotations'?: (_swarm_v1_Annotations | null);
  /**
   * Tasks kept for each slot, the live one included. Default 5; negative = all.
   */
  'taskHistoryRetentionLimit'?: (number | string | Long);
  /**
   * Log entries between snapshots. Default 10000.
   */
  'snapshotInterval'?: (number | string | Long);
  /**
   * Entries kept below a snapshot for slow followers. Default 500.
   */
  'logEntriesForSlowFollowers'?: (number | string | Long);
  /**
   * How often a worker says it is there. Default 500.
   */
  'heartbeatPeriodMs'?: (number | string | Long);
  /**
   * How long a silent node whose host still answers keeps its tasks. Default 30000.
   */
  'disconnectGraceMs'?: (number | string | Long);
  /**
   * Lifetime of node certificates. Default 90 days; at least one hour.
   */
  'nodeCertExpiryMs'?: (number | string | Long);
}

export interface ClusterSpec__Output {
  /**
   * Name is always "default".
   */
  'annotations': (_swarm_v1_Annotations__Output | null);
  /**
   * Tasks kept for each slot, the live one included. Default 5; negative = all.
   */
  'taskHistoryRetentionLimit': (number);
  /**
   * Log entries between snapshots. Default 10000.
   */
  'snapshotInterval': (number);
  /**
   * Entries kept below a snapshot for slow followers. Default 500.
   */
  'logEntriesForSlowFollowers': (number);
  /**
   * How often a worker says it is there. Default 500.
   */
  'heartbeatPeriodMs': (number);
  /**
   * How long a silent node whose host still answers keeps its tasks. Default 30000.
   */
  'disconnectGraceMs': (number);
  /**
   * Lifetime of node certificates. Default 90 days; at least one hour.
   */
  'nodeCertExpiryMs': (number);
}
