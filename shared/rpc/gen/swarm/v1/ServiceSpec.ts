// Original file: proto/swarm/v1/objects.proto

import type { Annotations as _swarm_v1_Annotations, Annotations__Output as _swarm_v1_Annotations__Output } from '../../swarm/v1/Annotations.ts';
import type { TaskSpec as _swarm_v1_TaskSpec, TaskSpec__Output as _swarm_v1_TaskSpec__Output } from '../../swarm/v1/TaskSpec.ts';
import type { ReplicatedMode as _swarm_v1_ReplicatedMode, ReplicatedMode__Output as _swarm_v1_ReplicatedMode__Output } from '../../swarm/v1/ReplicatedMode.ts';
import type { GlobalMode as _swarm_v1_GlobalMode, GlobalMode__Output as _swarm_v1_GlobalMode__Output } from '../../swarm/v1/GlobalMode.ts';
import type { UpdateConfig as _swarm_v1_UpdateConfig, UpdateConfig__Output as _swarm_v1_UpdateConfig__Output } from '../../swarm/v1/UpdateConfig.ts';
import type { EndpointSpec as _swarm_v1_EndpointSpec, EndpointSpec__Output as _swarm_v1_EndpointSpec__Output } from '../../swarm/v1/EndpointSpec.ts';

export interface ServiceSpec {
  /**
   * The name cannot change; an empty one is filled in by the control API.
   */
  'annotations'?: (_swarm_v1_Annotations | null);
  /**
   * What each of its tasks runs.
   */
  'task'?: (_swarm_v1_TaskSpec | null);
  /**
   * Set for a replicated service.
   */
  'replicated'?: (_swarm_v1_ReplicatedMode | null);
  /**
   * Set for a global service. The mode cannot change.
   */
  'global'?: (_swarm_v1_GlobalMode | null);
  /**
   * How an update replaces tasks. Absent = the defaults of each field.
   */
  'update'?: (_swarm_v1_UpdateConfig | null);
  /**
   * How it is reached. Absent = no published ports.
   */
  'endpoint'?: (_swarm_v1_EndpointSpec | null);
  'mode'?: "replicated"|"global";
}

export interface ServiceSpec__Output {
  /**
   * The name cannot change; an empty one is filled in by the control API.
   */
  'annotations': (_swarm_v1_Annotations__Output | null);
  /**
   * What each of its tasks runs.
   */
  'task': (_swarm_v1_TaskSpec__Output | null);
  /**
   * Set for a replicated service.
   */
  'replicated'?: (_swarm_v1_ReplicatedMode__Output | null);
  /**
   * Set for a global service. The mode cannot change.
   */
  'global'?: (_swarm_v1_GlobalMode__Output | null);
  /**
   * How an update replaces tasks. Absent = the defaults of each field.
   */
  'update': (_swarm_v1_UpdateConfig__Output | null);
  /**
   * How it is reached. Absent = no published ports.
   */
  'endpoint': (_swarm_v1_EndpointSpec__Output | null);
  'mode'?: "replicated"|"global";
}
