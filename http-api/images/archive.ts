import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { SwarmError } from "../../shared/errors.ts";
import { sendAll } from "../../shared/rpc/send-all.ts";
import { type Answer, jsonLines, stream } from "../answer.ts";
import { sentenceOf } from "../errors.ts";
import { type Call, param } from "../route.ts";
import { checkImagePlatform } from "./image-platform.ts";

/** GET /images/NAME/get */
export async function saveImage(call: Call): Promise<Answer> {
  return await saved(call, [param(call, "name")]);
}

/** GET /images/get */
export async function saveImages(call: Call): Promise<Answer> {
  return await saved(call, call.query.texts("names"));
}

async function saved(call: Call, refs: readonly string[]): Promise<Answer> {
  const { backend, signal } = call;
  await checkImagePlatform(call, refs);
  const pieces = backend.engine({ kind: "here" }).images.save({ refs }, { signal });
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for await (const { data } of pieces) yield data;
  }
  return stream("application/x-tar", bytes(), { headersAtOnce: false });
}

/** POST /images/load */
export async function loadImages(call: Call): Promise<Answer> {
  if (call.query.has("platform")) {
    throw new SwarmError("unimplemented", "one platform of an archive is not offered: images here have one platform");
  }
  // What is wrong with an archive is told within the answer, where clients look for it.
  return jsonLines(loaded(call), sentenceOf, { headersAtOnce: true });
}

async function* loaded({ backend, body, signal }: Call): AsyncGenerator<DockerJson> {
  async function* messages() {
    for await (const data of body.pieces) yield { data };
  }
  const { names } = await sendAll(backend.engine({ kind: "here" }).images.load({ signal }), messages());
  for (const name of names) {
    yield { stream: `Loaded image${name.startsWith("sha256:") ? " ID" : ""}: ${name}\n` };
  }
}
