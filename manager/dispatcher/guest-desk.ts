import { SwarmError } from "../../shared/errors.ts";
import { createId, type NodeId } from "../../shared/ids.ts";
import { driverOf } from "../../shared/objects/network.ts";
import type { Guest, Network } from "../../shared/objects/types.ts";
import { sleep } from "../../shared/ports/clock.ts";
import type { TellGuestsRequest } from "../../shared/rpc/gen/dispatcher.ts";
import type { CallContext } from "../../shared/rpc/handler.ts";
import { unlessAborted } from "../../shared/unless-aborted.ts";
import type { ReadView } from "../store/store-types.ts";
import { sameData } from "../tasks/same-data.ts";
import { takeCallingNode } from "./caller.ts";
import type { DispatcherOptions } from "./dispatcher-options.ts";
import { keyOf, takeGuests, type WantedGuest } from "./guest-words.ts";
import { Pace } from "./pace.ts";

/** How long the answer waits for the allocator, which needs milliseconds. */
export const ADDRESS_WAIT_MS = 5_000;
const REF_SHOWN_MAX = 100;

/** The leader's end of what hosts say of their guests: own containers on networks of the swarm. */
export class GuestDesk {
  readonly #options: DispatcherOptions;
  readonly #paces = new Map<NodeId, Pace>();
  /** Whose words are being taken: a host says one thing at a time. */
  readonly #busy = new Set<NodeId>();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** @throws SwarmError notFound; permissionDenied for a network that lets no own containers in. */
  findNetwork(ref: string, context: CallContext): Network {
    const view = this.#options.store.view();
    takeCallingNode(view, context);
    const network = lookUp(view, ref);
    if (network === undefined) throw new SwarmError("notFound", `network ${ref.slice(0, REF_SHOWN_MAX)} not found`);
    refuseUnattachable(network);
    return network;
  }

  /** Resolves with the guests in the order of the request, each with addresses or with why it has none. */
  async tell(request: TellGuestsRequest, context: CallContext): Promise<readonly Guest[]> {
    const { store } = this.#options;
    const { nodeId } = takeCallingNode(store.view(), context);
    const { wanted, bytes } = takeGuests(request);
    if (this.#busy.has(nodeId)) throw new SwarmError("aborted", "this host's guests are being written already");
    this.#busy.add(nodeId);
    try {
      await this.#paceOf(nodeId).take(bytes, context.signal);
      const refused = await this.#write(nodeId, wanted);
      await this.#untilSettled(nodeId, context.signal);
      const now = new Map(
        store
          .view()
          .referring("guest", "node", nodeId)
          .map((guest) => [keyOf(guest), guest]),
      );
      return wanted.map((guest) => now.get(keyOf(guest)) ?? refusedGuest(nodeId, guest, refused.get(keyOf(guest))));
    } finally {
      this.#busy.delete(nodeId);
    }
  }

  /** Resolves with why some cannot be, by their keys. */
  async #write(nodeId: NodeId, wanted: readonly WantedGuest[]): Promise<ReadonlyMap<string, string>> {
    const { store, random } = this.#options;
    for (;;) {
      const refused = new Map<string, string>();
      const isDone = await store.update("guests of a host", (tx) => {
        const left = new Map(tx.referring("guest", "node", nodeId).map((guest) => [keyOf(guest), guest]));
        for (const guest of wanted) {
          const key = keyOf(guest);
          const old = left.get(key);
          left.delete(key);
          if (tx.isFull) return false;
          const isOther = old !== undefined && !suits(old, guest);
          if (isOther) tx.remove("guest", old.id);
          const why = old === undefined ? whyNot(tx, guest) : "";
          if (why !== "") refused.set(key, why);
          else if (old === undefined || isOther)
            tx.create("guest", newGuest(createId<Guest["id"]>(random), nodeId, guest));
          else if (!sameData(old.names, guest.names)) tx.update("guest", { ...old, names: guest.names });
        }
        for (const { id } of left.values()) {
          if (tx.isFull) return false;
          tx.remove("guest", id);
        }
        return true;
      });
      if (isDone) return refused;
    }
  }

  async #untilSettled(nodeId: NodeId, signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#options;
    const isOpen = (): boolean =>
      store
        .view()
        .referring("guest", "node", nodeId)
        .some(({ address, err }) => address === "" && err === "");
    const over = new AbortController();
    const deadline = sleep(clock, ADDRESS_WAIT_MS, "dispatcher: addresses of guests", over.signal).catch(() => {});
    let settled = Promise.withResolvers<void>();
    using _subscription = store.subscribe(() => settled.resolve());
    let isLate = false;
    void deadline.then(() => {
      isLate = true;
      settled.resolve();
    });
    try {
      while (isOpen() && !isLate) {
        settled = Promise.withResolvers();
        await unlessAborted(settled.promise, signal);
      }
    } finally {
      over.abort();
    }
  }

  #paceOf(nodeId: NodeId): Pace {
    const pace = this.#paces.get(nodeId) ?? new Pace(this.#options.clock);
    this.#paces.set(nodeId, pace);
    return pace;
  }
}

function lookUp(view: ReadView, ref: string): Network | undefined {
  const exact = view.get("network", ref) ?? view.byName("network", ref);
  if (exact !== undefined || ref === "") return exact;
  const [only, ...others] = view.all("network").filter(({ id }) => id.startsWith(ref));
  if (others.length > 0)
    throw new SwarmError("invalidArgument", `several networks have an id that begins with ${ref}: give more of it`);
  return only;
}

function refuseUnattachable(network: Network): void {
  const why = whyUnattachable(network);
  if (why !== "") throw new SwarmError("permissionDenied", why);
}

/** Docker's sentence, which scripts look for; "" = own containers may join. */
function whyUnattachable({ spec }: Network): string {
  if (spec.attachable && !spec.ingress && driverOf(spec) === "overlay") return "";
  const { name } = spec.annotations;
  return `Could not attach to network ${name}: network ${name} not manually attachable`;
}

/** Whether what it has is what it insists on. */
function suits({ address, address6 }: Guest, { insists, wished, wished6 }: WantedGuest): boolean {
  const isIt = (has: string, wish: string): boolean => wish === "" || has.split("/")[0] === wish;
  return !insists || (isIt(address, wished) && isIt(address6, wished6));
}

/** "" = nothing is against it. */
function whyNot(view: ReadView, { networkId, containerId }: WantedGuest): string {
  const network = view.get("network", networkId);
  if (network === undefined) return `network ${networkId} not found`;
  const why = whyUnattachable(network);
  if (why !== "") return why;
  // By a container's id the lines of a table are told apart.
  const isTaken = view.referring("guest", "network", networkId).some((other) => other.containerId === containerId);
  return isTaken ? `container ${containerId} is on network ${network.spec.annotations.name} on another host` : "";
}

function newGuest(id: Guest["id"], nodeId: NodeId, wanted: WantedGuest): Guest {
  const meta = { version: 0, createdAtMs: 0, updatedAtMs: 0 };
  return { ...wanted, id, meta, nodeId, address: "", address6: "", err: "" };
}

function refusedGuest(nodeId: NodeId, guest: WantedGuest, why = "the leader has changed"): Guest {
  return { ...newGuest("" as Guest["id"], nodeId, guest), err: why };
}
