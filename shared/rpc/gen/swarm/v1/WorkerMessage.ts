// Original file: proto/swarm/v1/dispatcher.proto

import type { Register as _swarm_v1_Register, Register__Output as _swarm_v1_Register__Output } from '../../swarm/v1/Register.ts';
import type { Heartbeat as _swarm_v1_Heartbeat, Heartbeat__Output as _swarm_v1_Heartbeat__Output } from '../../swarm/v1/Heartbeat.ts';
import type { StatusReport as _swarm_v1_StatusReport, StatusReport__Output as _swarm_v1_StatusReport__Output } from '../../swarm/v1/StatusReport.ts';
import type { Applied as _swarm_v1_Applied, Applied__Output as _swarm_v1_Applied__Output } from '../../swarm/v1/Applied.ts';
import type { NodeDescription as _swarm_v1_NodeDescription, NodeDescription__Output as _swarm_v1_NodeDescription__Output } from '../../swarm/v1/NodeDescription.ts';
import type { Leave as _swarm_v1_Leave, Leave__Output as _swarm_v1_Leave__Output } from '../../swarm/v1/Leave.ts';
import type { GossipReport as _swarm_v1_GossipReport, GossipReport__Output as _swarm_v1_GossipReport__Output } from '../../swarm/v1/GossipReport.ts';

/**
 * From worker to leader.
 */
export interface WorkerMessage {
  'register'?: (_swarm_v1_Register | null);
  'heartbeat'?: (_swarm_v1_Heartbeat | null);
  'status'?: (_swarm_v1_StatusReport | null);
  'applied'?: (_swarm_v1_Applied | null);
  /**
   * Sent when it changes.
   */
  'description'?: (_swarm_v1_NodeDescription | null);
  /**
   * The host leaves for good: it is down at once. The leader ends the stream when that is committed.
   */
  'leave'?: (_swarm_v1_Leave | null);
  /**
   * What this host's gossip says of others; the whole of it, at first and when it changes.
   */
  'gossip'?: (_swarm_v1_GossipReport | null);
  'message'?: "register"|"heartbeat"|"status"|"applied"|"description"|"leave"|"gossip";
}

/**
 * From worker to leader.
 */
export interface WorkerMessage__Output {
  'register'?: (_swarm_v1_Register__Output | null);
  'heartbeat'?: (_swarm_v1_Heartbeat__Output | null);
  'status'?: (_swarm_v1_StatusReport__Output | null);
  'applied'?: (_swarm_v1_Applied__Output | null);
  /**
   * Sent when it changes.
   */
  'description'?: (_swarm_v1_NodeDescription__Output | null);
  /**
   * The host leaves for good: it is down at once. The leader ends the stream when that is committed.
   */
  'leave'?: (_swarm_v1_Leave__Output | null);
  /**
   * What this host's gossip says of others; the whole of it, at first and when it changes.
   */
  'gossip'?: (_swarm_v1_GossipReport__Output | null);
  'message'?: "register"|"heartbeat"|"status"|"applied"|"description"|"leave"|"gossip";
}
