// Original file: proto/swarm/v1/objects.proto

import type { ContainerSpec as _swarm_v1_ContainerSpec, ContainerSpec__Output as _swarm_v1_ContainerSpec__Output } from '../../swarm/v1/ContainerSpec.ts';
import type { Resources as _swarm_v1_Resources, Resources__Output as _swarm_v1_Resources__Output } from '../../swarm/v1/Resources.ts';
import type { RestartPolicy as _swarm_v1_RestartPolicy, RestartPolicy__Output as _swarm_v1_RestartPolicy__Output } from '../../swarm/v1/RestartPolicy.ts';
import type { Placement as _swarm_v1_Placement, Placement__Output as _swarm_v1_Placement__Output } from '../../swarm/v1/Placement.ts';
import type { NetworkAttachmentConfig as _swarm_v1_NetworkAttachmentConfig, NetworkAttachmentConfig__Output as _swarm_v1_NetworkAttachmentConfig__Output } from '../../swarm/v1/NetworkAttachmentConfig.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * What to run. Written by people as part of a service; copied into each task.
 */
export interface TaskSpec {
  /**
   * Always there.
   */
  'container'?: (_swarm_v1_ContainerSpec | null);
  /**
   * Caps enforced by cgroups. Absent or 0 = none.
   */
  'limits'?: (_swarm_v1_Resources | null);
  /**
   * What the scheduler sets aside. Absent or 0 = none.
   */
  'reservations'?: (_swarm_v1_Resources | null);
  /**
   * Absent = condition ANY, delay 5000, no attempt limit.
   */
  'restart'?: (_swarm_v1_RestartPolicy | null);
  /**
   * Where it may run. Absent = anywhere.
   */
  'placement'?: (_swarm_v1_Placement | null);
  /**
   * Raised by `service update --force`: makes every task outdated.
   */
  'forceUpdate'?: (number | string | Long);
  /**
   * Networks its tasks join, besides ingress.
   */
  'networks'?: (_swarm_v1_NetworkAttachmentConfig)[];
}

/**
 * What to run. Written by people as part of a service; copied into each task.
 */
export interface TaskSpec__Output {
  /**
   * Always there.
   */
  'container': (_swarm_v1_ContainerSpec__Output | null);
  /**
   * Caps enforced by cgroups. Absent or 0 = none.
   */
  'limits': (_swarm_v1_Resources__Output | null);
  /**
   * What the scheduler sets aside. Absent or 0 = none.
   */
  'reservations': (_swarm_v1_Resources__Output | null);
  /**
   * Absent = condition ANY, delay 5000, no attempt limit.
   */
  'restart': (_swarm_v1_RestartPolicy__Output | null);
  /**
   * Where it may run. Absent = anywhere.
   */
  'placement': (_swarm_v1_Placement__Output | null);
  /**
   * Raised by `service update --force`: makes every task outdated.
   */
  'forceUpdate': (number);
  /**
   * Networks its tasks join, besides ingress.
   */
  'networks': (_swarm_v1_NetworkAttachmentConfig__Output)[];
}
