import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { PullLines } from "../../shared/docker-shape/image-list.ts";
import { SwarmError } from "../../shared/errors.ts";
import { type ImageReference, parseImageReference, toShortText } from "../../shared/image-reference.ts";
import { sendAll } from "../../shared/rpc/send-all.ts";
import { type Answer, jsonLines } from "../answer.ts";
import { sentenceOf } from "../errors.ts";
import { loginFor } from "../registry-logins.ts";
import type { Call } from "../route.ts";

/** POST /images/create: fetches an image from its registry, or makes one from a tar. */
export async function createImage(call: Call): Promise<Answer> {
  const { query } = call;
  if (query.text("fromImage") !== "") {
    const reference = referenceOf(query.text("fromImage"), call);
    const isWhole = reference.tag === null && reference.digest === null;
    return jsonLines(isWhole ? allPulled(call, reference) : pulled(call, reference), sentenceOf);
  }
  const source = query.text("fromSrc");
  if (source === "")
    throw new SwarmError("invalidArgument", "fromImage or fromSrc must say where the image comes from");
  if (source !== "-") {
    const sentence = `an import from ${source} is not offered: fetch it, and send it as the body with fromSrc=-`;
    throw new SwarmError("unimplemented", sentence);
  }
  return jsonLines(imported(call), sentenceOf);
}

/** `fromImage` with `tag`, which may be a digest. */
function referenceOf(name: string, { query }: Call): ImageReference {
  const tag = query.text("tag");
  return parseImageReference(tag === "" ? name : `${name}${tag.includes(":") ? "@" : ":"}${tag}`);
}

/** Without a tag: every one that the registry has, one after the other. */
async function* allPulled(call: Call, reference: ImageReference): AsyncGenerator<DockerJson> {
  const { images } = call.backend.engine({ kind: "here" });
  const repository = toShortText(reference);
  const login = loginFor(call, reference.registry);
  const { tags } = await images.listTags({ repository, login }, { signal: call.signal });
  for (const tag of tags) yield* pulled(call, { ...reference, tag });
}

async function* pulled(call: Call, reference: ImageReference): AsyncGenerator<DockerJson> {
  const { backend, query, signal } = call;
  const { images } = backend.engine({ kind: "here" });
  const ref = toShortText(reference);
  const login = loginFor(call, reference.registry);
  const lines = new PullLines();
  let isBegun = false;
  for await (const progress of images.pull({ ref, platform: query.text("platform"), login }, { signal })) {
    const { result, isWhole, bytesSoFar } = progress;
    // Only now it is sure that there is such an image; before, a refusal has a status of its own.
    if (!isBegun && (isWhole || bytesSoFar > 0 || result !== null)) {
      isBegun = true;
      const { registry, path, tag, digest } = reference;
      const from = registry === "docker.io" ? path : `${registry}/${path}`;
      yield { status: `Pulling from ${from}`, id: digest ?? tag };
    }
    yield* lines.of(progress);
    if (result === null) continue;
    if (result.digest !== "") yield { status: `Digest: ${result.digest}` };
    yield { status: `Status: ${result.wasPresent ? "Image is up to date" : "Downloaded newer image"} for ${ref}` };
  }
}

async function* imported({ backend, query, body, signal }: Call): AsyncGenerator<DockerJson> {
  const { images } = backend.engine({ kind: "here" });
  const [repo, tag] = [query.text("repo"), query.text("tag")];
  const header = {
    name: repo === "" || tag === "" ? repo : `${repo}:${tag}`,
    changes: query.texts("changes"),
    message: query.text("message"),
    platform: query.text("platform"),
  };
  async function* messages() {
    yield { header };
    for await (const data of body.pieces) yield { data };
  }
  const { id } = await sendAll(images.import({ signal }), messages());
  yield { status: id };
}
