import type { NodeId, ServiceId, TaskId } from "../../shared/ids.ts";
import type { Guest, Network, NetworkAttachment } from "../../shared/objects/types.ts";
import type { Endpoint, NetworkAttachmentConfig } from "../../shared/rpc/gen/objects.ts";
import type { Trouble } from "../trouble.ts";
import type { Agenda } from "./allocation-book.ts";
import type { GuestAddresses } from "./decide-guest.ts";

/** What the allocator found; each entry is one object to write. */
export interface AllocationPlan {
  /** With overlay numbers and blocks that they had not. */
  readonly networks: readonly Network[];
  readonly nodes: readonly { readonly nodeId: NodeId; readonly attachments: readonly NetworkAttachment[] }[];
  readonly services: readonly { readonly serviceId: ServiceId; readonly endpoint: Endpoint }[];
  /** Tasks that have all they need and become PENDING. */
  readonly ready: readonly ReadyTask[];
  /** Tasks further on whose networks or ports follow a changed spec. */
  readonly reconnected: readonly ReconnectedTask[];
  /** Tasks that wait, with the reason as people will read it; only where it is news. */
  readonly refused: readonly { readonly taskId: TaskId; readonly err: string }[];
  readonly guests: readonly GuestAddresses[];
  /** Guests that are over, since their node has gone. */
  readonly goneGuests: readonly Guest["id"][];
  /** What was looked at: if the plan comes to nothing, it is worth another look. */
  readonly looked: Agenda;
  /** Objects over which the allocator failed: they get nothing, the others do. */
  readonly troubles: readonly Trouble[];
}

export interface ReadyTask {
  readonly taskId: TaskId;
  readonly networks: readonly NetworkAttachment[];
  readonly endpoint: Endpoint;
}

export interface ReconnectedTask extends ReadyTask {
  /** For its copy of the spec. */
  readonly specNetworks: readonly NetworkAttachmentConfig[];
}

/** How much one plan may hold and look at; the rest stays on the agenda. */
export interface AllocationLimits {
  readonly changesMax: number;
  readonly looksMax: number;
}
