import { toDockerCluster } from "../../shared/docker-shape/cluster.ts";
import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { takeShape } from "../../shared/docker-shape/json-shape.ts";
import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import { type Answer, empty, json } from "../answer.ts";
import { requireJson } from "../body.ts";
import { StatusError } from "../errors.ts";
import type { Call, Route } from "../route.ts";
import { notManager, swarmRoute } from "../swarm-route.ts";
import { init, join, leave } from "./membership.ts";
import { update } from "./update.ts";

/** The manager starts before the answer, and may look for a leader meanwhile. */
const UNLOCK_TIMEOUT_MS = 60_000;

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

/** GET /swarm/unlockkey: "" while managers are not locked. */
async function unlockKey({ backend, signal }: Call): Promise<Answer> {
  const { unlockKey: UnlockKey } = await backend.control.getUnlockKey({}, { signal });
  return json({ UnlockKey });
}

/** POST /swarm/unlock */
async function unlock({ backend, body, signal }: Call): Promise<Answer> {
  const asked = takeShape(await requireJson(body), { fields: { UnlockKey: "text" } }) as DockerJson;
  const host = await backend.local.info({}, { signal });
  if (host.controlAvailable) throw new StatusError(409, "swarm is not locked");
  if (host.state !== "LOCKED") {
    const why = new SwarmError("unavailable", host.error || "swarmd is starting; try again in a moment");
    throw new StatusError(503, notManager(host, why));
  }
  const unlockKey = String(asked["UnlockKey"] ?? "");
  await backend.local.unlock({ unlockKey }, { signal, timeoutMs: UNLOCK_TIMEOUT_MS });
  return empty(200);
}
