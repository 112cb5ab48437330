// Made from proto/swarm/v1/logs.proto by scripts/generate.ts.
import type { RpcMethod } from "../service-types.ts";
import type { LogLine, LogOptions, LogPosition } from "./dispatcher.ts";

/** Logs of services and tasks for people; passed to the leader, which gathers them from the workers. */
export interface LogsMethods {
  readonly subscribe: RpcMethod<"serverStream", SubscribeLogsRequest, SubscribeLogsResponse>;
}

/** Asks for logs of services or tasks. */
export interface SubscribeLogsRequest {
  /** A service or, when there is none, a task: id, name or unique prefix. */
  readonly ref: string;
  /** Which lines, and whether to wait for more. */
  readonly options: LogOptions | null;
  /** How far an earlier reading came, at most 10,000: of these tasks only what follows is wanted. */
  readonly resume: readonly LogPosition[];
}

/** Some lines, in the order in which they came. */
export interface SubscribeLogsResponse {
  /** In the order in which they came from the hosts. */
  readonly lines: readonly LogLine[];
  /** Sentences about hosts whose logs could not be had; the others' still come. */
  readonly errors: readonly string[];
  /** Once: all that had been written when the reading began has come, from every host that answers. */
  readonly caughtUp: boolean;
}
