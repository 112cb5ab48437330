// Original file: proto/swarm/v1/dispatcher.proto


export interface Leave {
}

export interface Leave__Output {
}
