import { dockerEventLine, EVENT_FILTERS, matchesEvent } from "../../shared/docker-shape/event.ts";
import { SwarmError } from "../../shared/errors.ts";
import { parseInstant } from "../../shared/run-text/instant.ts";
import { type Answer, stream } from "../answer.ts";
import type { Backend } from "../backend.ts";
import { checkFilters } from "../query.ts";
import type { Call, Route } from "../route.ts";

/** What happens here, and on a manager in the swarm, a line for each event. */
async function events({ backend, query, signal, clock }: Call): Promise<Answer> {
  const filters = query.filters();
  checkFilters(filters, EVENT_FILTERS);
  const nowMs = clock.wallNow();
  const instant = (name: string): number => {
    const text = query.text(name);
    return text === "" || text === "0" ? 0 : parseInstant(text, nowMs, name);
  };
  const [sinceMs, untilMs] = [instant("since"), instant("until")];
  if (sinceMs > 0 && untilMs > 0 && sinceMs > untilMs) {
    throw new SwarmError("invalidArgument", "`since` time cannot be after `until` time");
  }
  // An end alone asks for what has been, too.
  const from = sinceMs === 0 && untilMs > 0 ? 1 : sinceMs;
  const source = backend.engine({ kind: "here" }).containers.events({ sinceMs: from, untilMs }, { signal });
  async function* lines(): AsyncGenerator<Uint8Array> {
    using _listener = listening(backend);
    for await (const event of source) if (matchesEvent(event, filters)) yield Buffer.from(dockerEventLine(event));
  }
  return stream("application/json", lines());
}

/** By server, how many listen now. */
const listeners = new WeakMap<Backend, number>();

/** How many callers of this server are told of events now. */
export function eventListeners(backend: Backend): number {
  return listeners.get(backend) ?? 0;
}

function listening(backend: Backend): Disposable {
  listeners.set(backend, eventListeners(backend) + 1);
  return { [Symbol.dispose]: () => void listeners.set(backend, eventListeners(backend) - 1) };
}

export const eventRoutes: readonly Route[] = [{ method: "GET", path: "/events", handle: events }];
