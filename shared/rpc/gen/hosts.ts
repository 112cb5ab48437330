// Made from proto/swarm/v1/hosts.proto by scripts/generate.ts.
import type { RpcMethod } from "../service-types.ts";

/**
 * What the engine of any host offers, through any manager. The leader carries a call over the connection that the host
 * has with it. It decides who may make the call and knows nothing else about it: docs/decisions/0021.
 */
export interface HostsMethods {
  /** Which host is meant by a node, or runs a task. */
  readonly find: RpcMethod<"unary", FindHostRequest, FindHostResponse>;
  /**
   * One call of a method of the services Containers, Streams, Images or Volumes on one host. The caller sends `head`,
   * then `request`s, and `half_close` or the end of its stream after the last. It gets `opened`, then `reply`s; the
   * status of the call is that of the method.
   */
  readonly call: RpcMethod<"bidi", HostCall, HostReply>;
}

/** Asks for a host. */
export type FindHostRequest = {} & (
  | {
      readonly subject?: undefined;
      readonly node?: undefined;
      readonly task?: undefined;
    }
  | {
      readonly subject: "node";
      /** A node: id, hostname, or unique prefix of the id. */
      readonly node: string;
      readonly task?: undefined;
    }
  | {
      readonly subject: "task";
      readonly node?: undefined;
      /**
       * A task: its id or a unique prefix, SERVICE.SLOT (the one that runs, or else the latest), SERVICE.SLOT.ID, or the
       * id of its container or a unique prefix.
       */
      readonly task: string;
    }
);

/** A host, and the task that was asked for. */
export interface FindHostResponse {
  /** The host's node. */
  readonly nodeId: string;
  /** Its hostname, or its id where it has said none yet. */
  readonly hostname: string;
  /** The task; "" = none was asked for. */
  readonly taskId: string;
  /** SERVICE.SLOT.ID; "" = none was asked for. */
  readonly taskName: string;
}

/** To the host. */
export type HostCall = {} & (
  | {
      readonly message?: undefined;
      readonly head?: undefined;
      readonly request?: undefined;
      readonly halfClose?: undefined;
    }
  | {
      readonly message: "head";
      /** The first message; nothing else may precede it. */
      readonly head: HostCallHead;
      readonly request?: undefined;
      readonly halfClose?: undefined;
    }
  | {
      readonly message: "request";
      readonly head?: undefined;
      /** An encoded request of the method; at most 1 MiB. */
      readonly request: Buffer;
      readonly halfClose?: undefined;
    }
  | {
      readonly message: "halfClose";
      readonly head?: undefined;
      readonly request?: undefined;
      /** No further requests. */
      readonly halfClose: HalfClose;
    }
);

/** What a call begins with. */
export interface HostCallHead {
  /** The method, `/swarm.v1.Service/Method`. */
  readonly path: string;
  /** The node of the host that is meant; "" = that of the task. */
  readonly nodeId: string;
  /** A task whose host is meant; "" = none. */
  readonly taskId: string;
  /** Who makes the call, as JSON. Written by the leader, whatever was there before. */
  readonly caller: string;
}

/** The caller sends no further requests. */
export type HalfClose = Readonly<Record<string, never>>;

/** From the host. */
export type HostReply = {} & (
  | {
      readonly message?: undefined;
      readonly opened?: undefined;
      readonly reply?: undefined;
      readonly status?: undefined;
    }
  | {
      readonly message: "opened";
      /** To the leader: which call the stream carries. To the caller: the host is there. */
      readonly opened: HostCallOpened;
      readonly reply?: undefined;
      readonly status?: undefined;
    }
  | {
      readonly message: "reply";
      readonly opened?: undefined;
      /** An encoded response of the method. */
      readonly reply: Buffer;
      readonly status?: undefined;
    }
  | {
      readonly message: "status";
      readonly opened?: undefined;
      readonly reply?: undefined;
      /** To the leader: how the call ended. Nothing follows. */
      readonly status: HostCallStatus;
    }
);

/** The host has taken the call. */
export interface HostCallOpened {
  /** From `OpenCall`; "" on the way to the caller. */
  readonly callId: string;
  /** The host's node. */
  readonly nodeId: string;
  /** Its hostname. */
  readonly hostname: string;
}

/** How a call ended. */
export interface HostCallStatus {
  /** gRPC's number; 0 = it went well. */
  readonly code: number;
  /** Why not, in one sentence. */
  readonly sentence: string;
}
