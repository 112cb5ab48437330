// Original file: proto/swarm/v1/local.proto


export interface LeaveRequest {
  'force'?: (boolean);
}

export interface LeaveRequest__Output {
  'force': (boolean);
}
