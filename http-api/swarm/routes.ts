import { toDockerCluster } from "../../shared/docker-shape/cluster.ts";
import { mustHave } from "../../shared/invariant.ts";
import { type Answer, json } from "../answer.ts";
import { StatusError } from "../errors.ts";
import type { Call, Route } from "../route.ts";
import { swarmRoute } from "../swarm-route.ts";
import { init, join, leave } from "./membership.ts";
import { update } from "./update.ts";

export const swarmRoutes: readonly Route[] = [
  swarmRoute("GET", "/swarm", inspect),
  { method: "POST", path: "/swarm/init", handle: init },
  { method: "POST", path: "/swarm/join", handle: join },
  { method: "POST", path: "/swarm/leave", handle: leave },
  swarmRoute("POST", "/swarm/update", update),
  swarmRoute("GET", "/swarm/unlockkey", unlockKey),
  { method: "POST", path: "/swarm/unlock", handle: unlock },
];

async function inspect({ backend, signal }: Call): Promise<Answer> {
  const { cluster } = await backend.control.getCluster({}, { signal });
  return json(toDockerCluster(mustHave(cluster, "the swarm of an answer")));
}

/** Managers are not locked, so there is no key, which is how Docker says it. */
async function unlockKey({ backend, signal }: Call): Promise<Answer> {
  await backend.control.getCluster({}, { signal });
  return json({ UnlockKey: "" });
}

async function unlock({ backend, signal }: Call): Promise<Answer> {
  const { state } = await backend.local.info({}, { signal });
  if (state === "INACTIVE") throw new StatusError(503, "This node is not part of a swarm");
  throw new StatusError(409, "swarm is not locked");
}
