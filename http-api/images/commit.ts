import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { changesOf } from "../../shared/docker-shape/config-changes.ts";
import { SwarmError } from "../../shared/errors.ts";
import { type Answer, json } from "../answer.ts";
import { readJson } from "../body.ts";
import { LONG_CALL_MS } from "../limits.ts";
import type { Call } from "../route.ts";

/** POST /commit: an image of what a container of this host has changed. */
export async function commitContainer(call: Call): Promise<Answer> {
  const { query, backend, body, signal } = call;
  const [container, repo, tag] = [query.text("container"), query.text("repo"), query.text("tag")];
  if (container === "") throw new SwarmError("invalidArgument", "container must say of what the image is made");
  const given: DockerJson = (await readJson(body)) ?? {};
  const request = {
    container,
    name: repo === "" || tag === "" ? repo : `${repo}:${tag}`,
    // What a client gives as a whole configuration counts before what it gives as single changes.
    changes: [...changesOf(given), ...query.texts("changes").flatMap((text) => text.split("\n").filter(Boolean))],
    author: query.text("author"),
    message: query.text("comment"),
    noPause: !query.flag("pause", true),
  };
  const { images } = backend.engine({ kind: "here" });
  const { id } = await images.commit(request, { signal, timeoutMs: LONG_CALL_MS });
  return json({ Id: id }, 201);
}
