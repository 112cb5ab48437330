// Original file: proto/swarm/v1/dispatcher.proto

import type { Registered as _swarm_v1_Registered, Registered__Output as _swarm_v1_Registered__Output } from '../../swarm/v1/Registered.ts';
import type { Assignments as _swarm_v1_Assignments, Assignments__Output as _swarm_v1_Assignments__Output } from '../../swarm/v1/Assignments.ts';
import type { StatusAccepted as _swarm_v1_StatusAccepted, StatusAccepted__Output as _swarm_v1_StatusAccepted__Output } from '../../swarm/v1/StatusAccepted.ts';
import type { ClusterView as _swarm_v1_ClusterView, ClusterView__Output as _swarm_v1_ClusterView__Output } from '../../swarm/v1/ClusterView.ts';
import type { LogSubscription as _swarm_v1_LogSubscription, LogSubscription__Output as _swarm_v1_LogSubscription__Output } from '../../swarm/v1/LogSubscription.ts';
import type { Heartbeat as _swarm_v1_Heartbeat, Heartbeat__Output as _swarm_v1_Heartbeat__Output } from '../../swarm/v1/Heartbeat.ts';

/**
 * From leader to worker.
 */
export interface ManagerMessage {
  'registered'?: (_swarm_v1_Registered | null);
  'assignments'?: (_swarm_v1_Assignments | null);
  'statusAccepted'?: (_swarm_v1_StatusAccepted | null);
  'cluster'?: (_swarm_v1_ClusterView | null);
  'logSubscription'?: (_swarm_v1_LogSubscription | null);
  'heartbeat'?: (_swarm_v1_Heartbeat | null);
  'message'?: "registered"|"assignments"|"statusAccepted"|"cluster"|"logSubscription"|"heartbeat";
}

/**
 * From leader to worker.
 */
export interface ManagerMessage__Output {
  'registered'?: (_swarm_v1_Registered__Output | null);
  'assignments'?: (_swarm_v1_Assignments__Output | null);
  'statusAccepted'?: (_swarm_v1_StatusAccepted__Output | null);
  'cluster'?: (_swarm_v1_ClusterView__Output | null);
  'logSubscription'?: (_swarm_v1_LogSubscription__Output | null);
  'heartbeat'?: (_swarm_v1_Heartbeat__Output | null);
  'message'?: "registered"|"assignments"|"statusAccepted"|"cluster"|"logSubscription"|"heartbeat";
}
