import type { ByteConnection } from "../../shared/ports/byte-connection.ts";

/**
 * Connects to a port at 127.0.0.1, or else ::1, in the network namespace of a file.
 * @throws Error with the kernel's reason.
 */
export type ConnectInside = (namespace: string, port: number) => Promise<ByteConnection>;
