// Original file: proto/swarm/v1/local.proto


export interface LeaveResponse {
}

export interface LeaveResponse__Output {
}
