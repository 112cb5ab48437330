import { historyOf, toDockerImage } from "../../shared/docker-shape/image.ts";
import { filteredImages } from "../../shared/docker-shape/image-filters.ts";
import { toDockerHistory, toDockerImageSummary } from "../../shared/docker-shape/image-list.ts";
import { SwarmError } from "../../shared/errors.ts";
import { type Answer, json } from "../answer.ts";
import { filterFlag, filterInstant } from "../filter-values.ts";
import { checkFilters } from "../query.ts";
import { type Call, param } from "../route.ts";
import { checkImagePlatform } from "./image-platform.ts";

/** Before 1.44 a size was told twice. */
const VIRTUAL_SIZE_UNTIL = 44;

/** GET /images/json. `manifests` asks for those of several platforms, which images here do not have. */
export async function listImages(call: Call): Promise<Answer> {
  const { backend, query, signal, minor } = call;
  const filters = query.filters();
  checkFilters(filters, ["dangling", "label", "label!", "before", "since", "reference", "until"]);
  const { images } = await backend.engine({ kind: "here" }).images.list({}, { signal });
  const found = filteredImages(images, {
    dangling: filterFlag(filters, "dangling"),
    labels: filters.get("label") ?? [],
    labelsNot: filters.get("label!") ?? [],
    untilMs: filterInstant(filters, "until", call),
    before: filters.get("before") ?? [],
    since: filters.get("since") ?? [],
    references: [...(filters.get("reference") ?? []), ...(query.text("filter") === "" ? [] : [query.text("filter")])],
  });
  const shown = found.filter(({ isIntermediate }) => query.flag("all") || !isIntermediate);
  return json(shown.map((image) => toDockerImageSummary(image, { withShared: query.flag("shared-size"), minor })));
}

/** GET /images/NAME/json */
export async function inspectImage(call: Call): Promise<Answer> {
  await checkImagePlatform(call, [param(call, "name")]);
  const { images } = call.backend.engine({ kind: "here" });
  const image = toDockerImage(await images.inspect({ ref: param(call, "name") }, { signal: call.signal }));
  return json(call.minor < VIRTUAL_SIZE_UNTIL ? { ...image, VirtualSize: image["Size"] } : image);
}

/** GET /images/NAME/history */
export async function imageHistory(call: Call): Promise<Answer> {
  await checkImagePlatform(call, [param(call, "name")]);
  const { images } = call.backend.engine({ kind: "here" });
  const image = await images.inspect({ ref: param(call, "name") }, { signal: call.signal });
  const tags = image.summary?.repoTags ?? [];
  return json(historyOf(image).map((step, at) => toDockerHistory(step, at === 0 ? tags : [])));
}

/** GET /images/search */
export async function searchImages({ backend, query, signal }: Call): Promise<Answer> {
  const filters = query.filters();
  checkFilters(filters, ["is-official", "stars", "is-automated"]);
  const [term, limit] = [query.text("term"), query.whole("limit", 0)];
  if (term === "") throw new SwarmError("invalidArgument", "term must say what to search for");
  if (limit < 0 || limit > 100)
    throw new SwarmError("invalidArgument", `limit ${limit} is outside the range of 0 to 100`);
  const { found } = await backend.engine({ kind: "here" }).images.search({ term, limit }, { signal });
  const official = filterFlag(filters, "is-official");
  const stars = Math.max(0, ...(filters.get("stars") ?? []).map(Number));
  return json(
    found
      .filter((each) => (official === undefined || each.isOfficial === official) && each.stars >= stars)
      .map(({ name, description, stars: count, isOfficial }) => ({
        star_count: count,
        is_official: isOfficial,
        name,
        is_automated: false,
        description,
      })),
  );
}
