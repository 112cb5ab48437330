import { BuildLines, builtLines } from "../../shared/docker-shape/build-lines.ts";
import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { parseImageReference, toShortText, withDefaultTag } from "../../shared/image-reference.ts";
import type { BuildHeader } from "../../shared/rpc/gen/images.ts";
import { type Answer, json, jsonLines } from "../answer.ts";
import { sentenceOf } from "../errors.ts";
import { checkFilters } from "../query.ts";
import { loginsFor } from "../registry-logins.ts";
import type { Call, Route } from "../route.ts";
import { buildHeaderOf } from "./build-query.ts";

/** Lines of a quiet build that are kept for the case that it fails: the end of a compiler's errors. */
const QUIET_LINES_MAX = 200;

/** Builds an image from a tar that is the body. */
async function build(call: Call): Promise<Answer> {
  const header: BuildHeader = { ...buildHeaderOf(call.query), logins: loginsFor(call) };
  // What is no name is refused before the context is read.
  const names = header.names.map((name) => toShortText(withDefaultTag(parseImageReference(name))));
  return jsonLines(built(call, header, names), sentenceOf, { detailOf: exitCodeIn });
}

/** Of a step that failed, for clients that do not read sentences. */
function exitCodeIn(sentence: string): { readonly code?: number } {
  const code = / returned a non-zero code: (\d+)$/.exec(sentence)?.[1];
  return code === undefined ? {} : { code: Number(code) };
}

async function* built(call: Call, header: BuildHeader, names: readonly string[]): AsyncGenerator<DockerJson> {
  const { backend, query, body, signal } = call;
  const builder = backend.engine({ kind: "here" }).images.build({ signal });
  const sending = send(builder, header, body.pieces);
  // What the builder refuses while the context is under way says more than that it takes no more of it.
  sending.catch(() => {});
  const isQuiet = query.flag("q");
  const lines = new BuildLines();
  let unsaid: readonly string[] = [];
  try {
    for await (const { output, id } of builder.messages) {
      if (isQuiet) unsaid = [...unsaid, ...lines.take(output)].slice(-QUIET_LINES_MAX);
      else yield* streams(lines.take(output));
      if (id === "") continue;
      if (!isQuiet) yield* streams(lines.end());
      yield { aux: { ID: id } };
      yield* streams(isQuiet ? [`${id}\n`] : builtLines(id, names));
    }
    await sending;
  } catch (error) {
    // Silence was asked for a build that works. Of one that fails, these lines say why.
    if (isQuiet) yield* streams([...unsaid, ...lines.end()]);
    throw error;
  }
}

async function send(
  builder: ReturnType<ReturnType<Call["backend"]["engine"]>["images"]["build"]>,
  header: BuildHeader,
  pieces: AsyncIterable<Buffer>,
): Promise<void> {
  await builder.send({ header });
  for await (const context of pieces) await builder.send({ context });
  builder.end();
}

function streams(lines: readonly string[]): readonly DockerJson[] {
  return lines.map((stream) => ({ stream }));
}

/** The steps of builds are images here, and go with `image prune`. */
async function pruneCache({ query }: Call): Promise<Answer> {
  if (query.text("filters") !== "")
    checkFilters(query.filters(), [
      "until",
      "id",
      "parent",
      "type",
      "description",
      "inuse",
      "shared",
      "private",
      "unused-for",
    ]);
  return json({ CachesDeleted: null, SpaceReclaimed: 0 });
}

export const buildRoutes: readonly Route[] = [
  { method: "POST", path: "/build", handle: build },
  { method: "POST", path: "/build/prune", handle: pruneCache },
];
