// Original file: proto/swarm/v1/control.proto


export interface GetClusterRequest {
}

export interface GetClusterRequest__Output {
}
