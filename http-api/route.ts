import { SwarmError } from "../shared/errors.ts";
import { invariant, mustHave } from "../shared/invariant.ts";
import type { Logger } from "../shared/log.ts";
import type { Clock } from "../shared/ports/clock.ts";
import type { Answer } from "./answer.ts";
import type { Backend } from "./backend.ts";
import type { Body } from "./body.ts";
import type { Query } from "./query.ts";

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "DELETE";

/** One operation of the API. */
export interface Route {
  /** A GET is taken for HEAD too, unless that has a route of its own. */
  readonly method: Method;
  /**
   * Parts in braces are parameters: `/containers/{id}/json`. One whose name ends in `*` takes slashes as well, as the
   * names of images need: `/images/{name*}/json`.
   */
  readonly path: string;
  /** @throws SwarmError or StatusError to refuse; anything else is a fault, which is logged. */
  readonly handle: (call: Call) => Promise<Answer>;
}

/** A request to a route. */
export interface Call {
  readonly backend: Backend;
  /** The parameters of the path, decoded. */
  readonly params: ReadonlyMap<string, string>;
  readonly query: Query;
  /** A header's value by its name in lower case; "" = it has not come. */
  readonly header: (name: string) => string;
  readonly body: Body;
  /** X of the API version 1.X that the caller speaks. */
  readonly minor: number;
  /** Aborts when the caller has gone, or the server stops. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Logger;
  /** swarmd's. */
  readonly version: string;
}

/** A parameter of the path that the route names. */
export function param({ params }: Call, name: string): string {
  return mustHave(params.get(name), `the parameter ${name} of the path`);
}

/** An operation of Docker's API that does not exist here, with the reason or what to do instead. */
export function notOffered(method: Method, path: string, sentence: string): Route {
  return {
    method,
    path,
    handle: async () => {
      throw new SwarmError("unimplemented", sentence);
    },
  };
}

/** A route that a path has led to. */
export interface Match {
  readonly route: Route;
  readonly params: ReadonlyMap<string, string>;
}

interface Compiled {
  readonly route: Route;
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

/** Finds routes. Of several that match, the first of the list counts. */
export class RouteTable {
  /** By method and first part of the path, which no route leaves open: a look is at a few routes of a hundred. */
  readonly #byBeginning: ReadonlyMap<string, readonly Compiled[]>;

  constructor(routes: readonly Route[]) {
    for (const { path } of routes) invariant(!firstPart(path).includes("{"), () => `${path} begins with a parameter`);
    this.#byBeginning = Map.groupBy(routes.map(compile), ({ route }) => beginning(route.method, route.path));
  }

  /** @param path without version and query. null = there is none. */
  find(method: string, path: string): Match | null {
    const found = this.#find(method, path);
    return found === null && method === "HEAD" ? this.#find("GET", path) : found;
  }

  #find(method: string, path: string): Match | null {
    for (const { route, pattern, names } of this.#byBeginning.get(beginning(method, path)) ?? []) {
      const values = pattern.exec(path)?.slice(1).map(decoded);
      if (values === undefined || values.includes(null)) continue;
      return { route, params: new Map(names.map((name, at) => [name, values[at] ?? ""])) };
    }
    return null;
  }
}

function beginning(method: string, path: string): string {
  return `${method} ${firstPart(path)}`;
}

/** The part between the first two slashes. */
function firstPart(path: string): string {
  const end = path.indexOf("/", 1);
  return end < 0 ? path.slice(1) : path.slice(1, end);
}

function compile(route: Route): Compiled {
  const names: string[] = [];
  const source = route.path.replaceAll(/\{(\w+)(\*?)\}/g, (_all, name: string, takesSlashes: string) => {
    names.push(name);
    return takesSlashes === "" ? "([^/]+)" : "(.+)";
  });
  return { route, pattern: new RegExp(`^${source}/?$`), names };
}

/** null when it is not what an URL may contain. */
function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
