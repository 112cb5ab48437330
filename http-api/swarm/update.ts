import { readClusterJson } from "../../shared/docker-shape/cluster.ts";
import { type Answer, empty } from "../answer.ts";
import { requireJson } from "../body.ts";
import type { Call } from "../route.ts";
import { versionOf } from "../swarm-route.ts";

/** POST /swarm/update: settings, and what is to be replaced by a new one. */
export async function update(call: Call): Promise<Answer> {
  const { backend, body, query, signal } = call;
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
      // Docker makes nothing of it where managers are not locked.
      rotateUnlockKey: query.flag("rotateManagerUnlockKey") && spec.autoLockManagers,
      ...(root === null ? {} : { rotateRoot: true, ...root }),
    },
    { signal },
  );
  return empty(200);
}
