import type { WatchResponse } from "../../../shared/rpc/gen/control.ts";
import type { Node, Service, Task } from "../../../shared/rpc/gen/objects.ts";

/** One service, its tasks, and all nodes, kept up to date by a watch. */
export class SwarmCopy {
  service: Service | null = null;
  readonly tasks = new Map<string, Task>();
  readonly nodes = new Map<string, Node>();
  /** The service was there and is no more. */
  removed = false;

  /** Forgets everything, before a new watch tells the present state again. */
  clear(): void {
    this.service = null;
    this.tasks.clear();
    this.nodes.clear();
  }

  apply(message: WatchResponse): void {
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
