// Original file: proto/swarm/v1/raft.proto


export interface RaftFrameAck {
}

export interface RaftFrameAck__Output {
}
