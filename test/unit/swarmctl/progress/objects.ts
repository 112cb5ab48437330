import type { DeepReadonly, TaskState } from "../../../../shared/objects/types.ts";
import type { Node__Output } from "../../../../shared/rpc/gen/swarm/v1/Node.ts";
import type { Service } from "../../../../shared/rpc/gen/swarm/v1/Service.ts";
import type { Task__Output } from "../../../../shared/rpc/gen/swarm/v1/Task.ts";
import type { WatchResponse, WatchResponse__Output } from "../../../../shared/rpc/gen/swarm/v1/WatchResponse.ts";
import { codecs, services } from "../../../../shared/rpc/schema.ts";

/** A message as it comes off the wire: with every default filled in. */
export function message(changes: DeepReadonly<WatchResponse>["changes"]): WatchResponse__Output {
  const { encodeResponse, decodeResponse } = services.control.methods.watch;
  return decodeResponse(encodeResponse({ version: 1, ...(changes === undefined ? {} : { changes }) }));
}

export const SERVICE: Service = {
  id: "s1",
  meta: { version: 1 },
  specVersion: 7,
  spec: {
    annotations: { name: "web" },
    task: { container: { image: "nginx" } },
    replicated: { replicas: 2 },
    update: { parallelism: 1, monitorMs: 5_000 },
  },
};

export function task(
  id: string,
  slot: number,
  state: TaskState,
  more: {
    err?: string;
    createdAtMs?: number;
    desired?: TaskState;
    nodeId?: string;
    image?: string;
    specVersion?: number;
  } = {},
): Task__Output {
  return codecs.task.decode(
    codecs.task.encode({
      id,
      serviceId: "s1",
      slot,
      nodeId: more.nodeId ?? "",
      specVersion: more.specVersion ?? 7,
      meta: { createdAtMs: more.createdAtMs ?? 0 },
      spec: { container: { image: more.image ?? "nginx" } },
      serviceAnnotations: { name: "web" },
      status: { state, err: more.err ?? "" },
      desiredState: more.desired ?? "RUNNING",
    }),
  );
}

export function node(id: string, hostname: string, state: "READY" | "DOWN" = "READY"): Node__Output {
  const [change] = message([
    { kind: "CREATE", node: { id, description: { hostname }, spec: {}, status: { state } } },
  ]).changes;
  if (!change?.node) throw new Error("no node");
  return change.node;
}
