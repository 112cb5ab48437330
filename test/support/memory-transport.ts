/** Sessions without a network: pipes in memory that a test can cut, reset and slow down. */
import { Metadata } from "@grpc/grpc-js";
import type { Dispatcher } from "../../manager/dispatcher/dispatcher.ts";
import type { LogGatherer } from "../../manager/logs/log-gatherer.ts";
import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { CallContext } from "../../shared/rpc/handler.ts";
import { services } from "../../shared/rpc/schema.ts";
import type { PublishStream, SessionConnection, SessionTransport } from "../../worker/agent/session-transport.ts";
import type { GuestLink } from "../../worker/ports/guest-keeper.ts";

/** A queue with an end; what is pushed comes out in order. */
class Pipe<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  #end: { readonly error: unknown } | null = null;
  #wake: (() => void) | null = null;

  push(item: T): void {
    if (this.#end !== null) return;
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
  /** Aborts at the manager's end. */
  readonly manager: AbortController;
  readonly abort: (reason: SwarmError) => void;
  /** What waits for the cable, in order: as with TCP nothing is lost in the middle of a stream. */
  readonly held: (() => void)[];
}

/** Everything that lies between workers and managers. Messages pass the wire's encoding, as in production. */
export class MemoryTransport {
  readonly #managers = new Map<string, MemoryManager>();
  readonly #links = new Set<Link>();
  readonly #cut = new Set<string>();
  /** Sessions opened so far. */
  opened = 0;

  addManager(address: string, manager: MemoryManager): void {
    this.#managers.set(address, manager);
  }

  /** Takes the cable of a host out: nothing reaches "n1zz..." (a node) or "10.77.0.1:2377", and nobody is told. */
  cut(host: string): void {
    this.#cut.add(host);
  }

  /** Puts all cables in; what was sent meanwhile arrives late. */
  heal(): void {
    this.#cut.clear();
    for (const link of [...this.#links]) for (const deliver of link.held.splice(0)) deliver();
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
        carry: () => {
          throw new SwarmError("unimplemented", "calls of hosts are not simulated");
        },
        guests: this.#guests(nodeId, address, managerAddress),
        async [Symbol.asyncDispose]() {},
      }),
    };
  }

  #openSession(nodeId: string, address: string, managerAddress: string, signal: AbortSignal) {
    this.opened++;
    const { requestOf, responseOf } = wire("session");
    const up = new Pipe<never>();
    const down = new Pipe<never>();
    const link = this.#link(nodeId, managerAddress, signal, up, down);
    const manager = this.#managers.get(managerAddress);
    this.#deliver(link, () => {
      if (manager === undefined) {
        down.end(new SwarmError("unavailable", `cannot connect to ${managerAddress}`));
        return;
      }
      const send = async (message: unknown): Promise<void> => {
        link.manager.signal.throwIfAborted();
        const bytes = responseOf(message);
        this.#deliver(link, () => down.push(bytes));
      };
      const end = (error: unknown): void => this.#deliver(link, () => down.end(error));
      const context = this.#context(manager, nodeId, address, link.manager.signal);
      manager.dispatcher.session.run(up, context, send).then(() => end(null), end);
    });
    return {
      send: async (message: unknown): Promise<void> => {
        signal.throwIfAborted();
        const bytes = requestOf(message);
        this.#deliver(link, () => up.push(bytes));
      },
      messages: down,
    };
  }

  #publishLogs(nodeId: string, address: string, managerAddress: string, signal: AbortSignal): PublishStream {
    const { requestOf } = wire("publishLogs");
    const up = new Pipe<never>();
    const link = this.#link(nodeId, managerAddress, signal, up, up);
    const manager = this.#managers.get(managerAddress);
    if (manager === undefined) throw new Error("no such manager");
    const context = this.#context(manager, nodeId, address, link.manager.signal);
    const done = manager.logs.publishLogs.run(up, context).then(() => up.end());
    done.catch((error: unknown) => up.end(error));
    return {
      send: async (message) => this.#deliver(link, () => up.push(requestOf(message))),
      end: () => this.#deliver(link, () => up.end()),
      done,
    };
  }

  #guests(nodeId: string, address: string, managerAddress: string): GuestLink {
    const call = async <T>(signal: AbortSignal, run: (manager: MemoryManager, context: CallContext) => Promise<T>) => {
      const manager = this.#managers.get(managerAddress);
      if (manager === undefined) throw new SwarmError("unavailable", `cannot connect to ${managerAddress}`);
      return await run(manager, this.#context(manager, nodeId, address, signal));
    };
    return {
      findNetwork: (ref, signal) =>
        call(signal, async ({ dispatcher }, context) => {
          const { network } = await dispatcher.handlers.findNetwork.run({ ref }, context);
          return mustHave(network, "the network of an answer") as never;
        }),
      tellGuests: (guests, signal) =>
        call(signal, async ({ dispatcher }, context) => {
          const answer = await dispatcher.handlers.tellGuests.run({ guests }, context);
          return (answer.guests ?? []) as never;
        }),
    };
  }

  #deliver(link: Link, deliver: () => void): void {
    if (this.#cut.has(link.nodeId) || this.#cut.has(link.address)) link.held.push(deliver);
    else deliver();
  }

  #link(nodeId: string, address: string, signal: AbortSignal, up: Pipe<never>, down: Pipe<never>): Link {
    const manager = new AbortController();
    const close = (reason: unknown): void => {
      this.#links.delete(link);
      manager.abort(reason);
      up.end(reason);
    };
    const abort = (reason: SwarmError): void => {
      down.end(reason);
      close(reason);
    };
    const link: Link = { nodeId, address, manager, abort, held: [] };
    this.#links.add(link);
    // A worker that gives up tells the manager, when the cable is in.
    signal.addEventListener("abort", () => {
      down.end(signal.reason);
      this.#deliver(link, () => close(signal.reason));
    });
    return link;
  }

  #context(manager: MemoryManager, nodeId: string, address: string, signal: AbortSignal): CallContext {
    const { clusterId } = manager;
    const caller = {
      kind: "node",
      nodeId,
      role: "WORKER",
      roleGeneration: 0,
      certificateRoot: "",
      clusterId,
      address,
    } as const;
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
