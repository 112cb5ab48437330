import { unreachable } from "../../shared/invariant.ts";
import type { InfoResponse } from "../../shared/rpc/gen/local.ts";
import { type Answer, type Headers, text } from "../answer.ts";
import type { Call } from "../route.ts";

/** The classic builder: a client that reads 2 would speak to BuildKit. */
const BUILDER_VERSION = "1";

const NOT_KEPT: Headers = { "Cache-Control": "no-cache, no-store, must-revalidate", Pragma: "no-cache" };

/** Whether the daemon is there and what it speaks. It answers when nothing else of the daemon does. */
export async function ping({ backend, signal }: Call): Promise<Answer> {
  const host = await backend.local.info({}, { signal });
  return text("OK", 200, { ...NOT_KEPT, "Builder-Version": BUILDER_VERSION, Swarm: swarmWord(host) });
}

function swarmWord({ state, controlAvailable }: InfoResponse): string {
  switch (state) {
    case "ACTIVE":
      return controlAvailable ? "active/manager" : "active/worker";
    case "INACTIVE":
    case "PENDING":
    case "ERROR":
    case "LOCKED":
      return state.toLowerCase();
    default:
      return unreachable(state);
  }
}
