import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { SwarmError } from "../../shared/errors.ts";
import { parseImageReference, toFullText, toShortText } from "../../shared/image-reference.ts";
import { type Answer, jsonLines } from "../answer.ts";
import { sentenceOf } from "../errors.ts";
import { loginFor } from "../registry-logins.ts";
import { type Call, param } from "../route.ts";
import { checkImagePlatform } from "./image-platform.ts";

/** POST /images/NAME/push: the tag that is named, or else all that this host has of the repository. */
export async function pushImage(call: Call): Promise<Answer> {
  const { backend, query, signal } = call;
  const name = param(call, "name");
  const { images } = backend.engine({ kind: "here" });
  const reference = parseImageReference(name);
  const tag = query.text("tag") || reference.tag;
  const repository = toShortText({ ...reference, tag: null, digest: null });
  const { images: all } = await images.list({}, { signal });
  const names = all
    .flatMap(({ repoTags }) => repoTags)
    .filter((each) => toShortText({ ...parseImageReference(each), tag: null }) === repository)
    .filter((each) => tag === null || tag === "" || parseImageReference(each).tag === tag);
  await checkImagePlatform(call, names);
  return jsonLines(names.length === 0 ? refused(name, tag) : pushed(call, names), sentenceOf);
}

/** Docker begins to answer before it looks for the image. */
async function* refused(name: string, tag: string | null): AsyncGenerator<DockerJson> {
  const reference = { ...parseImageReference(name), tag: null, digest: null };
  yield { status: `The push refers to repository [${toFullText(reference)}]` };
  const repository = toShortText(reference);
  const sentence = `An image does not exist locally with the tag: ${tag ? `${repository}:${tag}` : repository}`;
  throw new SwarmError("notFound", sentence);
}

async function* pushed(call: Call, names: readonly string[]): AsyncGenerator<DockerJson> {
  const { images } = call.backend.engine({ kind: "here" });
  for (const ref of names) {
    const { registry, tag } = parseImageReference(ref);
    for await (const { status, digest } of images.push(
      { ref, login: loginFor(call, registry) },
      { signal: call.signal },
    )) {
      yield { status };
      if (digest === "") continue;
      const inspected = await images.inspect({ ref }, { signal: call.signal });
      yield { progressDetail: {}, aux: { Tag: tag, Digest: digest, Size: inspected.manifest.length } };
    }
  }
}
