import { SwarmError } from "../../../shared/errors.ts";
import { parseImageReference, toShortText } from "../../../shared/image-reference.ts";
import { jsonObject } from "../../../shared/json.ts";
import { follow, openDoor, type Refused, refusal, type Visit } from "../../../shared/registry/registry-door.ts";
import type { ListTagsRequest, ListTagsResponse } from "../../../shared/rpc/gen/images.ts";
import { stringsOf } from "../../images/image-config.ts";
import { firstAnswer } from "./first-answer.ts";
import type { ImageServiceParts } from "./image-parts.ts";

const PAGE = 1_000;
/** More would be a mistake to fetch, and a registry could go on for ever. */
const PAGES_MAX = 10;

/** The tags that a repository has in its registry. @throws SwarmError notFound, permissionDenied, unavailable. */
export async function listTags(
  parts: ImageServiceParts,
  { repository, login }: ListTagsRequest,
  signal: AbortSignal,
): Promise<ListTagsResponse> {
  const given = parseImageReference(repository);
  if (given.tag !== null || given.digest !== null)
    throw new SwarmError("invalidArgument", `tag can't be used with --all-tags/-a: ${repository}`);
  const question = { image: given, login, what: `list the tags of ${toShortText(given)}` };
  return await firstAnswer(parts, question, signal, (visit) => tagsAt(parts, visit));
}

async function tagsAt({ http }: ImageServiceParts, visit: Visit): Promise<ListTagsResponse | Refused> {
  const door = await openDoor(http, visit);
  if (door.kind !== "open") return door;
  const { base, authorization } = door;
  const tags: string[] = [];
  try {
    let url: string | null = `${base}${visit.source.image.path}/tags/list?n=${PAGE}`;
    for (let page = 0; url !== null && page < PAGES_MAX; page += 1) {
      const answer = await follow(http, visit, { method: "GET", url, authorization, headers: {} });
      if (answer.status !== 200) return refusal(answer);
      tags.push(...stringsOf(jsonObject(answer.body.toString())?.["tags"]));
      url = nextPage(url, answer.header("link"));
    }
    return { tags };
  } catch (error) {
    return { kind: "silent", why: (error as Error).message };
  }
}

/** `<URL>; rel="next"`, where URL may begin at the registry's root. What is shown to a registry stays with it. */
function nextPage(url: string, link: string): string | null {
  const next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(link)?.[1];
  if (next === undefined || !URL.canParse(next, url)) return null;
  const found = new URL(next, url);
  return found.origin === new URL(url).origin ? found.href : null;
}
