// Original file: proto/swarm/v1/raft.proto


export interface SnapshotInstalled {
}

export interface SnapshotInstalled__Output {
}
