import { SwarmError } from "../shared/errors.ts";
import type { InfoResponse } from "../shared/rpc/gen/local.ts";
import { StatusError } from "./errors.ts";
import type { Call, Method, Route } from "./route.ts";

const WORKER =
  "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or promote the current node to a manager.";
const OUTSIDE =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';

/**
 * A route about the cluster. A host that is no manager answers 503 with Docker's sentence; what the cluster's state
 * forbids is a bad request, as Docker has it.
 */
export function swarmRoute(method: Method, path: string, handle: Route["handle"]): Route {
  return {
    method,
    path,
    handle: async (call) => {
      try {
        return await handle(call);
      } catch (error) {
        if (!(error instanceof SwarmError)) throw error;
        if (error.code === "unavailable") throw new StatusError(503, inDockersWords(error.message), { cause: error });
        if (error.code !== "failedPrecondition") throw error;
        const host = await call.backend.local.info({}, { signal: call.signal });
        if (host.controlAvailable) throw new StatusError(400, error.message, { cause: error });
        throw new StatusError(503, notManager(host, error), { cause: error });
      }
    },
  };
}

/** Of a manager whose keys are locked: clients know the sentence, and people the command. */
export function inDockersWords(sentence: string): string {
  return sentence.replace('"swarmctl unlock"', '"docker swarm unlock"');
}

/** The version of the object that a change was made from. @throws SwarmError invalidArgument when it is missing. */
export function versionOf({ query }: Call, noun: string): number {
  const version = query.whole("version", 0);
  if (version <= 0) {
    const given = JSON.stringify(query.text("version"));
    throw new SwarmError(
      "invalidArgument",
      `invalid ${noun} version ${given}: give the Version.Index that you have read`,
    );
  }
  return version;
}

/** What a host that is no manager, or none that answers, says of the cluster. */
export function notManager({ state }: Pick<InfoResponse, "state">, error: SwarmError): string {
  if (state === "INACTIVE") return OUTSIDE;
  return state === "ACTIVE" ? WORKER : error.message;
}
