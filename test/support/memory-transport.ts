/** Sessions without a network: pipes in memory that a test can cut, reset and slow down. */
import { Metadata } from "@grpc/grpc-js";
import type { Dispatcher } from "../../manager/dispatcher/dispatcher.ts";
import type { LogGatherer } from "../../manager/logs/log-gatherer.ts";
import { SwarmError } from "../../shared/errors.ts";
import { services } from "../../shared/rpc/schema.ts";
import type { CallContext } from "../../shared/rpc/server.ts";
import type { PublishStream, SessionConnection, SessionTransport } from "../../worker/agent/session-transport.ts";

/** A queue with an end; what is pushed comes out in order. */
class Pipe<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  #end: { readonly error: unknown } | null = null;
  #wake: (() => void) | null = null;

  push(item: T): void {
    if (this.#end !== null) throw new SwarmError("cancelled", "the stream is over");
    this.#items.push(item);
    this.#wake?.();
  }

  /** What was pushed before is still delivered, unless it is an error. */
  end(error: unknown = null): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      if (this.#end !== null && this.#end.error !== null) throw this.#end.error;
      const item = this.#items.shift();
      if (item !== undefined) yield item;
      else if (this.#end !== null) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

export interface MemoryManager {
  readonly dispatcher: Dispatcher;
  readonly logs: LogGatherer;
  readonly clusterId: string;
}

interface Link {
  readonly address: string;
  readonly nodeId: string;
  readonly abort: (reason: SwarmError) => void;
}

/** Everything that lies between workers and managers. Messages pass the wire's encoding, as in production. */
export class MemoryTransport {
  readonly #managers = new Map<string, MemoryManager>();
  readonly #links = new Set<Link>();
  /** Hosts that nothing reaches and nothing leaves: "n1" (a node id) or "10.77.0.1:2377". Nobody is told. */
  readonly cut = new Set<string>();
  /** Sessions opened so far. */
  opened = 0;

  addManager(address: string, manager: MemoryManager): void {
    this.#managers.set(address, manager);
  }

  /** Breaks every connection of a host with an error at both ends, as when its daemon is killed. */
  reset(host: string): void {
    for (const link of [...this.#links]) {
      if (link.nodeId === host || link.address === host) link.abort(new SwarmError("unavailable", "connection reset"));
    }
  }

  forNode(nodeId: string, address = "10.77.0.9:40000"): SessionTransport {
    return {
      connect: (managerAddress): SessionConnection => ({
        openSession: (signal) => this.#openSession(nodeId, address, managerAddress, signal),
        publishLogs: (signal) => this.#publishLogs(nodeId, address, managerAddress, signal),
        async [Symbol.asyncDispose]() {},
      }),
    };
  }

  #isCut(nodeId: string, managerAddress: string): boolean {
    return this.cut.has(nodeId) || this.cut.has(managerAddress);
  }

  #openSession(nodeId: string, address: string, managerAddress: string, signal: AbortSignal) {
    this.opened++;
    const { requestOf, responseOf } = wire("session");
    const up = new Pipe<never>();
    const down = new Pipe<never>();
    const call = this.#link(nodeId, managerAddress, signal, (reason) => {
      up.end(reason);
      down.end(reason);
    });
    const manager = this.#managers.get(managerAddress);
    if (manager === undefined) down.end(new SwarmError("unavailable", `cannot connect to ${managerAddress}`));
    else if (!this.#isCut(nodeId, managerAddress)) {
      const send = async (message: unknown): Promise<void> => {
        call.signal.throwIfAborted();
        if (!this.#isCut(nodeId, managerAddress)) down.push(responseOf(message));
      };
      const endUnlessCut = (error: unknown): void => {
        if (!this.#isCut(nodeId, managerAddress)) down.end(error);
      };
      manager.dispatcher.session
        .run(up, this.#context(manager, nodeId, address, call.signal), send)
        .then(() => endUnlessCut(null), endUnlessCut);
    }
    return {
      send: async (message: unknown): Promise<void> => {
        call.signal.throwIfAborted();
        if (!this.#isCut(nodeId, managerAddress)) up.push(requestOf(message));
      },
      messages: down,
    };
  }

  #publishLogs(nodeId: string, address: string, managerAddress: string, signal: AbortSignal): PublishStream {
    const { requestOf } = wire("publishLogs");
    const up = new Pipe<never>();
    const call = this.#link(nodeId, managerAddress, signal, (reason) => up.end(reason));
    const manager = this.#managers.get(managerAddress);
    if (manager === undefined) throw new Error("no such manager");
    const done = manager.logs.publishLogs
      .run(up, this.#context(manager, nodeId, address, call.signal))
      .then(() => up.end());
    done.catch((error: unknown) => up.end(error));
    return { send: async (message) => up.push(requestOf(message)), end: () => up.end(), done };
  }

  #link(nodeId: string, address: string, signal: AbortSignal, onBroken: (reason: unknown) => void): AbortController {
    const controller = new AbortController();
    const link: Link = { nodeId, address, abort: (reason) => controller.abort(reason) };
    this.#links.add(link);
    // A worker that gives up tells the manager, unless the cable is out.
    signal.addEventListener("abort", () => {
      if (!this.#isCut(nodeId, address)) controller.abort(signal.reason);
    });
    controller.signal.addEventListener("abort", () => {
      this.#links.delete(link);
      onBroken(controller.signal.reason);
    });
    return controller;
  }

  #context(manager: MemoryManager, nodeId: string, address: string, signal: AbortSignal): CallContext {
    const { clusterId } = manager;
    const caller = { kind: "node", nodeId, role: "WORKER", clusterId, address } as const;
    return { caller, forwardedBy: null, signal, deadlineMs: null, metadata: new Metadata() };
  }
}

function wire(name: "session" | "publishLogs") {
  const method = services.dispatcher.methods[name];
  const encodeRequest = method.encodeRequest as (message: unknown) => Buffer;
  const encodeResponse = method.encodeResponse as (message: unknown) => Buffer;
  return {
    requestOf: (message: unknown) => method.decodeRequest(encodeRequest(message)) as never,
    responseOf: (message: unknown) => method.decodeResponse(encodeResponse(message)) as never,
  };
}
