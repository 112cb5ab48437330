import type { Node__Output } from "../../shared/rpc/gen/swarm/v1/Node.ts";
import type { Service__Output } from "../../shared/rpc/gen/swarm/v1/Service.ts";
import type { Task__Output } from "../../shared/rpc/gen/swarm/v1/Task.ts";
import type { WatchResponse__Output } from "../../shared/rpc/gen/swarm/v1/WatchResponse.ts";

/** One service, its tasks, and all nodes, kept up to date by a watch. */
export class SwarmCopy {
  service: Service__Output | null = null;
  readonly tasks = new Map<string, Task__Output>();
  readonly nodes = new Map<string, Node__Output>();
  /** The service was there and is no more. */
  removed = false;

  /** Forgets everything, before a new watch tells the present state again. */
  clear(): void {
    this.service = null;
    this.tasks.clear();
    this.nodes.clear();
  }

  apply(message: WatchResponse__Output): void {
    for (const { kind, object, service, task, node } of message.changes) {
      const gone = kind === "REMOVE";
      if (object === "service" && service) {
        this.service = gone ? null : service;
        this.removed = gone;
      }
      if (object === "task" && task) put(this.tasks, task, gone);
      if (object === "node" && node) put(this.nodes, node, gone);
    }
  }
}

function put<T extends { readonly id: string }>(into: Map<string, T>, object: T, gone: boolean): void {
  if (gone) into.delete(object.id);
  else into.set(object.id, object);
}
