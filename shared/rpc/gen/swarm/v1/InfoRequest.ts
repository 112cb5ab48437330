// Original file: proto/swarm/v1/local.proto


export interface InfoRequest {
}

export interface InfoRequest__Output {
}
