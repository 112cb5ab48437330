import type { WatchResponse } from "../../../../../shared/rpc/gen/control.ts";
import type { Node, Service, Task, TaskState } from "../../../../../shared/rpc/gen/objects.ts";
import { codecs, services } from "../../../../../shared/rpc/schema.ts";
import type { Sendable } from "../../../../../shared/rpc/sendable.ts";

/** A message as it comes off the wire: with every default filled in. */
export function message(changes: Sendable<WatchResponse>["changes"]): WatchResponse {
  const { encodeResponse, decodeResponse } = services.control.methods.watch;
  return decodeResponse(encodeResponse({ version: 1, ...(changes === undefined ? {} : { changes }) }));
}

export const SERVICE = {
  id: "s1",
  meta: { version: 1 },
  generation: 7,
  spec: {
    annotations: { name: "web" },
    task: { container: { image: "nginx" } },
    replicated: { replicas: 2 },
    update: { parallelism: 1, monitorMs: 5_000 },
  },
} as const satisfies Sendable<Service>;

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
    generation?: number;
  } = {},
): Task {
  return codecs.task.decode(
    codecs.task.encode({
      id,
      serviceId: "s1",
      slot,
      nodeId: more.nodeId ?? "",
      generation: more.generation ?? 7,
      meta: { createdAtMs: more.createdAtMs ?? 0 },
      spec: { container: { image: more.image ?? "nginx" } },
      serviceAnnotations: { name: "web" },
      status: { state, err: more.err ?? "" },
      desiredState: more.desired ?? "RUNNING",
    }),
  );
}

export function node(id: string, hostname: string, state: "READY" | "DOWN" = "READY"): Node {
  const [change] = message([
    { kind: "CREATE", node: { id, description: { hostname }, spec: {}, status: { state } } },
  ]).changes;
  if (!change?.node) throw new Error("no node");
  return change.node;
}
