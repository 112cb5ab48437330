import { SwarmError } from "../../../shared/errors.ts";
import type { ImageReference } from "../../../shared/image-reference.ts";
import { sourcesOf } from "../../../shared/registry/endpoints.ts";
import { parseRegistriesConf } from "../../../shared/registry/registries-conf.ts";
import type { Refused, Visit } from "../../../shared/registry/registry-door.ts";
import type { RegistryLogin } from "../../../shared/rpc/gen/images.ts";
import { unlessAborted } from "../../../shared/unless-aborted.ts";
import { faultOf } from "../../images/pull/registry-pull.ts";
import { credentialsWith } from "./call-logins.ts";
import type { ImageServiceParts } from "./image-parts.ts";

/** A person is waiting, and nothing large is fetched. */
const TIMEOUT_MS = 15_000;

/**
 * Asks the places that may have an image, in turn, until one answers.
 * @throws SwarmError notFound, permissionDenied, unavailable: of the last one, with `what` was tried.
 */
export async function firstAnswer<Answer extends object>(
  parts: ImageServiceParts,
  {
    image,
    login,
    what,
  }: { readonly image: ImageReference; readonly login: RegistryLogin | null; readonly what: string },
  signal: AbortSignal,
  ask: (visit: Visit) => Promise<Answer | Refused>,
): Promise<Answer> {
  const credentials = credentialsWith(parts, login === null ? [] : [login]);
  const where = sourcesOf(image, parseRegistriesConf(parts.registryFiles.conf()).rules);
  if (where.kind === "blocked") {
    throw new SwarmError("failedPrecondition", `registry ${image.registry} is blocked by this host's registries.conf`);
  }
  let last: Refused = { kind: "silent", why: "there is nowhere to ask" };
  for (const source of where.sources) {
    const found = await credentials.find(source.image);
    const untilMs = parts.clock.now() + TIMEOUT_MS;
    const visit = {
      source,
      basic: found.kind === "basic" ? found.encoded : null,
      certificates: parts.registryFiles.certificates(source.image.registry),
      remainingMs: () => untilMs - parts.clock.now(),
    };
    const answer = await unlessAborted(ask(visit), signal);
    if (!("kind" in answer)) return answer;
    last = answer;
  }
  throw faultOf(image, last, what);
}
