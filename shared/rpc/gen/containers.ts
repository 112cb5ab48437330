// Made from proto/swarm/v1/containers.proto by scripts/generate.ts.

/** Containers of one host, those of tasks and others: their lives. */
export interface ContainersMethods {
}
