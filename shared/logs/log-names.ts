import type { RpcClient } from "../rpc/client.ts";
import type { Node, Task } from "../rpc/gen/objects.ts";
import type { LightServices } from "../rpc/light/services.ts";

type Control = RpcClient<LightServices["control"]>;

/** Where names are looked up. */
export interface NameSource {
  readonly control: () => Promise<Control>;
  readonly signal: AbortSignal;
}

/** Number of tasks whose names are kept while following; the oldest names are forgotten. */
const LOG_NAMES_MAX = 10_000;

/** The names of tasks and nodes in a stream of log lines. */
export interface LogNames {
  /** null: the task is not known, or no longer known. */
  readonly tasks: ReadonlyMap<string, Task | null>;
  readonly nodes: ReadonlyMap<string, Node>;
  /** The service whose logs are read, for lines of unknown tasks; "" = not known. */
  readonly service: string;
}

/** Looks names up when their first lines come, and keeps them: the swarm may forget a task before its last line. */
export class LogNameBook implements LogNames {
  readonly #source: NameSource;
  readonly #ref: string;
  readonly #tasks = new Map<string, Task | null>();
  #nodes: ReadonlyMap<string, Node> = new Map();
  /** null = not asked yet. */
  #service: { readonly id: string; readonly name: string } | null = null;

  constructor(source: NameSource, ref: string) {
    this.#source = source;
    this.#ref = ref;
  }

  get tasks(): ReadonlyMap<string, Task | null> {
    return this.#tasks;
  }

  get nodes(): ReadonlyMap<string, Node> {
    return this.#nodes;
  }

  get service(): string {
    return this.#service?.name ?? "";
  }

  /** Asks the swarm when a task is new to us. */
  async learn(taskIds: readonly string[]): Promise<void> {
    if (taskIds.every((taskId) => this.#tasks.has(taskId))) return;
    const [nodes] = await Promise.all([this.#nodesById(), this.#learnTasks(taskIds)]);
    this.#nodes = new Map([...this.#nodes, ...nodes]);
    for (const taskId of taskIds) if (!this.#tasks.has(taskId)) this.#tasks.set(taskId, null);
    for (const taskId of this.#tasks.keys()) {
      if (this.#tasks.size <= LOG_NAMES_MAX) break;
      this.#tasks.delete(taskId);
    }
  }

  async #nodesById(): Promise<ReadonlyMap<string, Node>> {
    const control = await this.#source.control();
    const { nodes } = await control.listNodes({}, { signal: this.#source.signal });
    return new Map(nodes.map((node) => [node.id, node]));
  }

  async #learnTasks(taskIds: readonly string[]): Promise<void> {
    const control = await this.#source.control();
    this.#service ??= await this.#findService(taskIds);
    if (this.#service.id === "") return;
    const { tasks } = await control.listTasks({ services: [this.#service.id] }, { signal: this.#source.signal });
    for (const task of tasks) {
      this.#tasks.delete(task.id);
      this.#tasks.set(task.id, task);
    }
  }

  /** The logs are those of a service, or of a task by its id or name; any of them may have been removed since. */
  async #findService(taskIds: readonly string[]): Promise<{ readonly id: string; readonly name: string }> {
    const control = await this.#source.control();
    const options = { signal: this.#source.signal };
    const { service } = await control.getService({ ref: this.#ref }, options).catch(() => ({ service: null }));
    if (service !== null) return { id: service.id, name: service.spec?.annotations?.name ?? "" };
    // A task's name, such as web.2, is nothing that tasks are found by: its lines say which one it is.
    for (const ref of [this.#ref, ...taskIds.slice(0, 1)]) {
      const { task } = await control.getTask({ ref }, options).catch(() => ({ task: null }));
      if (task !== null) return { id: task.serviceId, name: task.serviceAnnotations?.name ?? "" };
    }
    return { id: "", name: "" };
  }
}
