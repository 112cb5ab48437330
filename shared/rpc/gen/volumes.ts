// Made from proto/swarm/v1/volumes.proto by scripts/generate.ts.

/** Volumes of one host. */
export interface VolumesMethods {
}
