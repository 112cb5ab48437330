import { SwarmError } from "../../../shared/errors.ts";
import { type ImageReference, parseImageReference } from "../../../shared/image-reference.ts";
import { jsonObject } from "../../../shared/json.ts";
import { sourcesOf } from "../../../shared/registry/endpoints.ts";
import { parseRegistriesConf } from "../../../shared/registry/registries-conf.ts";
import { follow, openDoor, type Visit } from "../../../shared/registry/registry-door.ts";
import type { FoundRepository, SearchImagesResponse } from "../../../shared/rpc/gen/images.ts";
import { recordOf, stringOf, stringsOf } from "../../images/image-config.ts";
import type { ImageServiceParts } from "./image-parts.ts";

const LIMIT_DEFAULT = 25;
/** Docker Hub's own. */
const LIMIT_MAX = 100;
/** Names of a registry that knows no search; what is beyond is not looked through. */
const CATALOG_NAMES_MAX = 1_000;
const SEARCH_TIMEOUT_MS = 15_000;

type Parts = Pick<ImageServiceParts, "http" | "registryFiles" | "credentials" | "clock">;

/**
 * Asks where `docker search` asks, `/v1/search`; a registry that knows no search is asked for the names of all that it
 * has, and those that hold the term are answered.
 */
export async function search(parts: Parts, text: string, limit: number): Promise<SearchImagesResponse> {
  if (limit > LIMIT_MAX) throw new SwarmError("invalidArgument", `--limit must be between 1 and ${LIMIT_MAX}`);
  // The grammar of names says what is a host.
  const { registry, path } = parseImageReference(text.includes("/") ? text : `docker.io/${text}`);
  const term = path.replace(/^library\//, "");
  const { rules } = parseRegistriesConf(parts.registryFiles.conf());
  const asked: ImageReference = { registry, path, tag: "latest", digest: null };
  const where = sourcesOf(asked, rules);
  if (where.kind === "blocked") {
    throw new SwarmError("failedPrecondition", `registry ${registry} is blocked by this host's registries.conf`);
  }
  const source = where.sources.at(-1);
  if (source === undefined) throw new SwarmError("unavailable", `registry ${registry} cannot be reached`);
  const credentials = await parts.credentials.find(source.image);
  const untilMs = parts.clock.now() + SEARCH_TIMEOUT_MS;
  const basic = credentials.kind === "basic" ? credentials.encoded : null;
  const certificates = parts.registryFiles.certificates(source.image.registry);
  const visit: Visit = { source, basic, certificates, remainingMs: () => untilMs - parts.clock.now() };
  const prefix = registry === "docker.io" ? "" : `${registry}/`;
  return { found: await ask(parts, visit, { term, prefix, count: limit === 0 ? LIMIT_DEFAULT : limit }) };
}

interface Question {
  readonly term: string;
  /** Of the names that are answered. */
  readonly prefix: string;
  readonly count: number;
}

async function ask(
  { http }: Parts,
  visit: Visit,
  { term, prefix, count }: Question,
): Promise<readonly FoundRepository[]> {
  const { registry } = visit.source.image;
  const failed = (why: string): SwarmError =>
    new SwarmError("unavailable", `registry ${registry} cannot be searched: ${why}`);
  try {
    if (registry === "docker.io") {
      const url = `https://index.docker.io/v1/search?q=${encodeURIComponent(term)}&n=${count}`;
      const answer = await follow(http, visit, { method: "GET", url, authorization: null, headers: {} });
      if (answer.status !== 200) throw failed(`it answers ${answer.status}`);
      return resultsOf(answer.body, prefix, count);
    }
    const door = await openDoor(http, visit);
    if (door.kind !== "open") throw failed("why" in door ? door.why : "access is denied");
    const { authorization } = door;
    const root = door.base.replace(/v2\/$/, "");
    const url = `${root}v1/search?q=${encodeURIComponent(term)}&n=${count}`;
    const answer = await follow(http, visit, { method: "GET", url, authorization, headers: {} });
    if (answer.status === 200) return resultsOf(answer.body, prefix, count);
    const all = `${door.base}_catalog?n=${CATALOG_NAMES_MAX}`;
    const listed = await follow(http, visit, { method: "GET", url: all, authorization, headers: {} });
    if (listed.status !== 200) throw failed(`it answers ${listed.status}`);
    return stringsOf(jsonObject(listed.body.toString())?.["repositories"])
      .filter((name) => name.includes(term))
      .slice(0, count)
      .map((name) => ({ name: `${prefix}${nameHere(name, prefix)}`, description: "", stars: 0, isOfficial: false }));
  } catch (error) {
    throw error instanceof SwarmError ? error : failed((error as Error).message);
  }
}

function nameHere(name: string, prefix: string): string {
  return prefix === "" ? name.replace(/^library\//, "") : name;
}

function resultsOf(body: Buffer, prefix: string, count: number): readonly FoundRepository[] {
  const results = jsonObject(body.toString())?.["results"];
  return (Array.isArray(results) ? results : []).slice(0, count).map((result: unknown) => {
    const fields = recordOf(result);
    return {
      name: `${prefix}${nameHere(stringOf(fields["name"]), prefix)}`,
      description: stringOf(fields["description"]),
      stars: Math.max(0, Math.floor(Number(fields["star_count"] ?? 0)) || 0),
      isOfficial: fields["is_official"] === true,
    };
  });
}
