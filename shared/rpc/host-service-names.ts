/**
 * The services of a host's engine (docs/decisions/0021), as schema.ts names them. Whatever is listed here is served on
 * the local socket and through every manager.
 */
export const HOST_SERVICES = ["containers", "streams", "images", "volumes", "networks"] as const;

export type HostServiceName = (typeof HOST_SERVICES)[number];
