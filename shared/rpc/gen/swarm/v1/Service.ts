// Original file: proto/swarm/v1/objects.proto

import type { Meta as _swarm_v1_Meta, Meta__Output as _swarm_v1_Meta__Output } from '../../swarm/v1/Meta.ts';
import type { ServiceSpec as _swarm_v1_ServiceSpec, ServiceSpec__Output as _swarm_v1_ServiceSpec__Output } from '../../swarm/v1/ServiceSpec.ts';
import type { Endpoint as _swarm_v1_Endpoint, Endpoint__Output as _swarm_v1_Endpoint__Output } from '../../swarm/v1/Endpoint.ts';
import type { UpdateStatus as _swarm_v1_UpdateStatus, UpdateStatus__Output as _swarm_v1_UpdateStatus__Output } from '../../swarm/v1/UpdateStatus.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * What people want to run, and what was done about it.
 */
export interface Service {
  /**
   * 25 characters of base 36. Written once, by the control API.
   */
  'id'?: (string);
  /**
   * Version and instants. Written by the store; what anyone else puts there is ignored.
   */
  'meta'?: (_swarm_v1_Meta | null);
  /**
   * Written by people through the control API; by the updater when it rolls back.
   */
  'spec'?: (_swarm_v1_ServiceSpec | null);
  /**
   * Meta.version of the spec's last change; tasks carry the one they were made from. Written by the control API.
   */
  'specVersion'?: (number | string | Long);
  /**
   * The spec before the last update; absent until then. Written by the control API.
   */
  'previousSpec'?: (_swarm_v1_ServiceSpec | null);
  /**
   * Published ports with their numbers, and virtual addresses. Written by the allocator.
   */
  'endpoint'?: (_swarm_v1_Endpoint | null);
  /**
   * Absent until the first update. Written by the updater.
   */
  'updateStatus'?: (_swarm_v1_UpdateStatus | null);
}

/**
 * What people want to run, and what was done about it.
 */
export interface Service__Output {
  /**
   * 25 characters of base 36. Written once, by the control API.
   */
  'id': (string);
  /**
   * Version and instants. Written by the store; what anyone else puts there is ignored.
   */
  'meta': (_swarm_v1_Meta__Output | null);
  /**
   * Written by people through the control API; by the updater when it rolls back.
   */
  'spec': (_swarm_v1_ServiceSpec__Output | null);
  /**
   * Meta.version of the spec's last change; tasks carry the one they were made from. Written by the control API.
   */
  'specVersion': (number);
  /**
   * The spec before the last update; absent until then. Written by the control API.
   */
  'previousSpec': (_swarm_v1_ServiceSpec__Output | null);
  /**
   * Published ports with their numbers, and virtual addresses. Written by the allocator.
   */
  'endpoint': (_swarm_v1_Endpoint__Output | null);
  /**
   * Absent until the first update. Written by the updater.
   */
  'updateStatus': (_swarm_v1_UpdateStatus__Output | null);
}
