import { SwarmError } from "../../shared/errors.ts";
import { createId, type NodeId, type SessionId } from "../../shared/ids.ts";
import { taskName } from "../../shared/objects/task-name.ts";
import type { Node } from "../../shared/objects/types.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import { authorize } from "../../shared/rpc/authorize.ts";
import { describeCaller } from "../../shared/rpc/forwarding.ts";
import type { OpenCall } from "../../shared/rpc/gen/dispatcher.ts";
import type {
  FindHostRequest,
  FindHostResponse,
  HostCall,
  HostCallHead,
  HostReply,
} from "../../shared/rpc/gen/hosts.ts";
import { type BidiHandler, bidi, type CallContext, type UnaryHandler, unary } from "../../shared/rpc/handler.ts";
import { doorOfHostCall } from "../../shared/rpc/host-doors.ts";
import { HOST_CALL_HEAD_MS_MAX } from "../../shared/rpc/limits.ts";
import { NotLeaderError } from "../../shared/rpc/not-leader.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { Scope } from "../../shared/scope.ts";
import type { ReadView, Store } from "../store/store-types.ts";
import { CallBooks } from "./call-books.ts";
import { CarriedCall } from "./carried-call.ts";
import { findTask } from "./find-task.ts";

export interface HostCallsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly leaderAddress: () => string | null;
  /** The node that a person means. @throws SwarmError notFound, or invalidArgument when several match. */
  readonly findNode: (view: ReadView, ref: string) => Node;
  /** From the dispatcher: passes a request to the node's session; false = it has none. */
  readonly openCall: (nodeId: NodeId, request: Sendable<OpenCall>) => boolean;
}

/**
 * Carries calls to the engines of hosts, and decides who may make them; it understands none. Made once for a manager;
 * works while `lead`'s scope lives.
 */
export interface HostCalls {
  /** Handler of Hosts.Find. */
  readonly find: UnaryHandler<FindHostRequest, Sendable<FindHostResponse>>;
  /** Handler of Hosts.Call. */
  readonly call: BidiHandler<HostCall, Sendable<HostReply>>;
  /** Handler of Dispatcher.Carry. */
  readonly carry: BidiHandler<HostReply, Sendable<HostCall>>;
  lead(scope: Scope): void;
}

export function createHostCalls(options: HostCallsOptions): HostCalls {
  const { store, clock, random, leaderAddress } = options;
  let leading: AbortSignal | null = null;
  const books = new CallBooks();
  const mustLead = (): AbortSignal => {
    if (leading === null) throw new NotLeaderError(leaderAddress());
    return leading;
  };
  return {
    lead(scope) {
      const over = new AbortController();
      leading = over.signal;
      scope.defer(() => {
        if (leading === over.signal) leading = null;
        over.abort(
          new SwarmError("unavailable", "the leader of the swarm has changed: the call was cut, make it again"),
        );
      });
    },
    find: unary(async (request) => {
      mustLead();
      return find(options, request);
    }),
    call: bidi(async (messages, context, send) => {
      const signal = AbortSignal.any([context.signal, mustLead()]);
      const incoming = messages[Symbol.asyncIterator]();
      const head = await receiveHead(clock, incoming);
      authorize(context.caller, doorOfHostCall(head.path));
      const node = targetOf(store.view(), head);
      const hostname = hostnameOf(node);
      using call = new CarriedCall({ callId: createId<SessionId>(random), nodeId: node.id, hostname, clock });
      using _place = books.enter(call, entryOf(context), hostname);
      if (!options.openCall(node.id, { callId: call.callId })) throw notInSession(node);
      using _close = {
        [Symbol.dispose]: () => {
          if (!call.isOver) options.openCall(node.id, { callId: call.callId, close: true });
        },
      };
      const caller = describeCaller(context.caller);
      await call.run({ path: head.path, nodeId: node.id, caller }, { incoming, send, signal });
    }),
    carry: bidi(async (messages, context, send) => {
      const signal = AbortSignal.any([context.signal, mustLead()]);
      if (context.caller.kind !== "node") {
        throw new SwarmError("permissionDenied", "only a node of the swarm may carry calls");
      }
      const incoming = messages[Symbol.asyncIterator]();
      const { done, value } = await incoming.next();
      const callId = done === true ? "" : (value.opened?.callId ?? "");
      // The id is 129 random bits and was sent to this node only; the node's id is compared all the same.
      await books.get(callId, context.caller.nodeId).carriedBy({ incoming, send, signal });
    }),
  };
}

function find({ store, findNode }: HostCallsOptions, request: FindHostRequest): Sendable<FindHostResponse> {
  const view = store.view();
  switch (request.subject) {
    case "node": {
      const node = findNode(view, request.node);
      return { nodeId: node.id, hostname: hostnameOf(node) };
    }
    case "task": {
      const task = findTask(view.all("task"), request.task);
      if (task.nodeId === "") throw notPlaced(taskName(task));
      const node = view.get("node", task.nodeId);
      const hostname = node === undefined ? task.nodeId : hostnameOf(node);
      return { nodeId: task.nodeId, hostname, taskId: task.id, taskName: taskName(task) };
    }
    case undefined:
      throw new SwarmError("invalidArgument", "which host? give a node or a task");
    default:
      throw new SwarmError("invalidArgument", "this manager cannot find hosts by that");
  }
}

async function receiveHead(clock: Clock, incoming: AsyncIterator<HostCall>): Promise<HostCallHead> {
  const late = Promise.withResolvers<never>();
  late.promise.catch(() => {});
  using _timer = clock.schedule(HOST_CALL_HEAD_MS_MAX, "hosts: wait for a call's head", () =>
    late.reject(new SwarmError("deadlineExceeded", `no head of a call within ${HOST_CALL_HEAD_MS_MAX / 1000} s`)),
  );
  const { done, value } = await Promise.race([incoming.next(), late.promise]);
  const head = done === true ? null : (value.head ?? null);
  if (head === null) throw new SwarmError("invalidArgument", "a call of a host begins with its head");
  return head;
}

/** @throws SwarmError notFound, failedPrecondition when the task is on no host. */
function targetOf(view: ReadView, { nodeId, taskId }: HostCallHead): Node {
  const task = taskId === "" ? null : view.get("task", taskId);
  if (task === undefined) throw new SwarmError("notFound", `task ${taskId} not found`);
  const wanted = task === null ? nodeId : task.nodeId;
  if (task !== null && wanted === "") throw notPlaced(taskName(task));
  const node = view.get("node", wanted);
  if (node === undefined) throw new SwarmError("notFound", `node ${wanted} not found`);
  return node;
}

/** Through which manager a call came: what one of them passes on must not use up the places of all. */
function entryOf({ forwardedBy }: CallContext): string {
  return forwardedBy ?? "";
}

function hostnameOf(node: Node): string {
  return node.description?.hostname ?? node.id;
}

function notPlaced(name: string): SwarmError {
  return new SwarmError("failedPrecondition", `task ${name} is on no node yet`);
}

function notInSession(node: Node): SwarmError {
  const { state } = node.status;
  const sentence = `node ${hostnameOf(node)} cannot be reached (${state.toLowerCase()}): its daemon has no session with the leader`;
  return new SwarmError("unavailable", sentence);
}
