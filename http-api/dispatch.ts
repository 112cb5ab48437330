import { messageOf, SwarmError } from "../shared/errors.ts";
import type { Logger } from "../shared/log.ts";
import type { Clock } from "../shared/ports/clock.ts";
import { type Answer, json } from "./answer.ts";
import type { Backend } from "./backend.ts";
import type { Body } from "./body.ts";
import { errorAnswer, isRefusal } from "./errors.ts";
import { Query } from "./query.ts";
import type { RouteTable } from "./route.ts";
import { splitVersion } from "./versions.ts";

/** A request, whatever has carried it here. */
export interface Request {
  readonly method: string;
  /** Path and query as the caller wrote them. */
  readonly target: string;
  readonly header: (name: string) => string;
  readonly body: Body;
  readonly signal: AbortSignal;
}

export interface DispatchDeps {
  readonly table: RouteTable;
  readonly backend: Backend;
  readonly clock: Clock;
  readonly log: Logger;
  /** swarmd's. */
  readonly version: string;
}

/** Leads a request to its route. Never rejects: whatever goes wrong is an answer. */
export async function dispatch(request: Request, { table, ...deps }: DispatchDeps): Promise<Answer> {
  const { method, target, header, body, signal } = request;
  const [whole = "", query = ""] = splitOnce(target);
  try {
    const { minor, path } = splitVersion(whole);
    const match = table.find(method, path);
    if (match === null) return json({ message: "page not found" }, 404);
    return await match.route.handle({
      ...deps,
      params: match.params,
      query: new Query(query),
      header,
      body,
      minor,
      signal,
    });
  } catch (error) {
    if (!isRefusal(error) && !signal.aborted) noteFault(deps.log, `${method} ${whole}`, error);
    return errorAnswer(error);
  }
}

/** For the log: a fault of ours in answering a request. */
export function noteFault(log: Logger, request: string, error: unknown): void {
  const stack = error instanceof Error ? error.stack : undefined;
  log.error("an HTTP request failed unexpectedly", { request, error: messageOf(error), stack });
}

/** What a caller gets that has gone; nobody will see it. */
export function gone(): SwarmError {
  return new SwarmError("cancelled", "the caller has gone");
}

function splitOnce(target: string): readonly string[] {
  const at = target.indexOf("?");
  return at < 0 ? [target] : [target.slice(0, at), target.slice(at + 1)];
}
