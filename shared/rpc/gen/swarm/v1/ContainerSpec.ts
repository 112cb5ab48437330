// Original file: proto/swarm/v1/objects.proto

import type { Mount as _swarm_v1_Mount, Mount__Output as _swarm_v1_Mount__Output } from '../../swarm/v1/Mount.ts';
import type { Healthcheck as _swarm_v1_Healthcheck, Healthcheck__Output as _swarm_v1_Healthcheck__Output } from '../../swarm/v1/Healthcheck.ts';
import type { Long } from '@grpc/proto-loader';

export interface ContainerSpec {
  /**
   * NAME[:TAG][@DIGEST]; a manager adds the digest once, when the service is created or its image updated.
   */
  'image'?: (string);
  /**
   * Container labels.
   */
  'labels'?: ({[key: string]: string});
  /**
   * Replaces the image's ENTRYPOINT (and CMD). Empty = the image's.
   */
  'command'?: (string)[];
  /**
   * Replaces the image's CMD. Empty = the image's.
   */
  'args'?: (string)[];
  /**
   * KEY=VALUE, added to the image's.
   */
  'env'?: (string)[];
  /**
   * Working directory. "" = the image's.
   */
  'dir'?: (string);
  /**
   * USER[:GROUP] by name or number. "" = the image's.
   */
  'user'?: (string);
  /**
   * "" = the first 12 characters of the task id.
   */
  'hostname'?: (string);
  /**
   * No two with one target. Default: none.
   */
  'mounts'?: (_swarm_v1_Mount)[];
  /**
   * Signal name or number that asks it to stop. "" = the image's, else SIGTERM.
   */
  'stopSignal'?: (string);
  /**
   * Time between the stop signal and SIGKILL. Absent = 10000.
   */
  'stopGracePeriodMs'?: (number | string | Long);
  /**
   * Root file system read-only.
   */
  'readOnly'?: (boolean);
  /**
   * Allocate a terminal.
   */
  'tty'?: (boolean);
  /**
   * Run a small init as process 1.
   */
  'init'?: (boolean);
  /**
   * Absent = the image's, which may be none.
   */
  'healthcheck'?: (_swarm_v1_Healthcheck | null);
  /**
   * Capabilities added to, and taken from, the default fourteen.
   */
  'capabilityAdd'?: (string)[];
  /**
   * ALL drops every one.
   */
  'capabilityDrop'?: (string)[];
  '_stopGracePeriodMs'?: "stopGracePeriodMs";
}

export interface ContainerSpec__Output {
  /**
   * NAME[:TAG][@DIGEST]; a manager adds the digest once, when the service is created or its image updated.
   */
  'image': (string);
  /**
   * Container labels.
   */
  'labels': ({[key: string]: string});
  /**
   * Replaces the image's ENTRYPOINT (and CMD). Empty = the image's.
   */
  'command': (string)[];
  /**
   * Replaces the image's CMD. Empty = the image's.
   */
  'args': (string)[];
  /**
   * KEY=VALUE, added to the image's.
   */
  'env': (string)[];
  /**
   * Working directory. "" = the image's.
   */
  'dir': (string);
  /**
   * USER[:GROUP] by name or number. "" = the image's.
   */
  'user': (string);
  /**
   * "" = the first 12 characters of the task id.
   */
  'hostname': (string);
  /**
   * No two with one target. Default: none.
   */
  'mounts': (_swarm_v1_Mount__Output)[];
  /**
   * Signal name or number that asks it to stop. "" = the image's, else SIGTERM.
   */
  'stopSignal': (string);
  /**
   * Time between the stop signal and SIGKILL. Absent = 10000.
   */
  'stopGracePeriodMs'?: (number);
  /**
   * Root file system read-only.
   */
  'readOnly': (boolean);
  /**
   * Allocate a terminal.
   */
  'tty': (boolean);
  /**
   * Run a small init as process 1.
   */
  'init': (boolean);
  /**
   * Absent = the image's, which may be none.
   */
  'healthcheck': (_swarm_v1_Healthcheck__Output | null);
  /**
   * Capabilities added to, and taken from, the default fourteen.
   */
  'capabilityAdd': (string)[];
  /**
   * ALL drops every one.
   */
  'capabilityDrop': (string)[];
  '_stopGracePeriodMs'?: "stopGracePeriodMs";
}
