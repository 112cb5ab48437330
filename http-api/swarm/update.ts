import { readClusterJson } from "../../shared/docker-shape/cluster.ts";
import { SwarmError } from "../../shared/errors.ts";
import { type Answer, empty } from "../answer.ts";
import { requireJson } from "../body.ts";
import type { Call } from "../route.ts";
import { versionOf } from "../swarm-route.ts";

/** POST /swarm/update: settings, and what is to be replaced by a new one. */
export async function update(call: Call): Promise<Answer> {
  const { backend, body, query, signal } = call;
  if (query.flag("rotateManagerUnlockKey")) {
    throw new SwarmError("unimplemented", "managers are not locked: there is no key that could be rotated");
  }
  const asked = await requireJson(body);
  const version = versionOf(call, "swarm");
  const { cluster } = await backend.control.getCluster({}, { signal });
  const { spec, root } = readClusterJson(asked, cluster?.spec ?? null);
  await backend.control.updateCluster(
    {
      spec,
      version,
      rotateWorkerToken: query.flag("rotateWorkerToken"),
      rotateManagerToken: query.flag("rotateManagerToken"),
      ...(root === null ? {} : { rotateRoot: true, ...root }),
    },
    { signal },
  );
  return empty(200);
}
