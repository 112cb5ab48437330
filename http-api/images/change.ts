import { toDockerRemoved } from "../../shared/docker-shape/image-list.ts";
import { SwarmError } from "../../shared/errors.ts";
import { type Answer, empty, json } from "../answer.ts";
import { filterFlag, filterInstant } from "../filter-values.ts";
import { LONG_CALL_MS } from "../limits.ts";
import { checkFilters } from "../query.ts";
import { type Call, param } from "../route.ts";
import { checkImagePlatform } from "./image-platform.ts";

/** POST /images/NAME/tag */
export async function tagImage(call: Call): Promise<Answer> {
  const { query, backend, signal } = call;
  const [repo, tag] = [query.text("repo"), query.text("tag")];
  if (repo === "") throw new SwarmError("invalidArgument", "repo must say the new name");
  const name = tag === "" ? repo : `${repo}:${tag}`;
  await backend.engine({ kind: "here" }).images.tag({ ref: param(call, "name"), name }, { signal });
  return empty(201);
}

/** DELETE /images/NAME */
export async function removeImage(call: Call): Promise<Answer> {
  await checkImagePlatform(call, [param(call, "name")], "platforms");
  const { query, backend, signal } = call;
  const request = { ref: param(call, "name"), force: query.flag("force"), noPrune: query.flag("noprune") };
  const options = { signal, timeoutMs: LONG_CALL_MS };
  const { removed } = await backend.engine({ kind: "here" }).images.remove(request, options);
  return json(toDockerRemoved(removed));
}

/** POST /images/prune */
export async function pruneImages(call: Call): Promise<Answer> {
  const { query, backend, signal } = call;
  const filters = query.filters();
  checkFilters(filters, ["dangling", "label", "label!", "until"]);
  const request = {
    all: filterFlag(filters, "dangling") === false,
    untilMs: filterInstant(filters, "until", call) ?? 0,
    labels: filters.get("label") ?? [],
    labelsNot: filters.get("label!") ?? [],
  };
  const options = { signal, timeoutMs: LONG_CALL_MS };
  const { removed, reclaimedBytes } = await backend.engine({ kind: "here" }).images.prune(request, options);
  return json({
    ImagesDeleted: removed.length === 0 ? null : toDockerRemoved(removed),
    SpaceReclaimed: reclaimedBytes,
  });
}
