import { SwarmError } from "../../shared/errors.ts";
import { parseImageReference, toShortText, withDefaultTag } from "../../shared/image-reference.ts";
import type { HostServices } from "../../shared/rpc/light/host-services.ts";
import type { Cli, Run } from "../cli.ts";
import { usageError } from "../parse/usage.ts";
import { imageEngine } from "./engine.ts";
import type { PUSH_OPTIONS } from "./options.ts";

export const run: Run<typeof PUSH_OPTIONS> = async (cli, [ref = ""], flags) => {
  const given = parseImageReference(ref);
  const isQuiet = flags.is("quiet");
  const isWhole = flags.is("allTags");
  const hasTag = given.tag !== null || given.digest !== null;
  if (isWhole && hasTag) throw usageError("tag can't be used with --all-tags/-a");
  if (!isWhole && !isQuiet && !hasTag) cli.output.line("Using default tag: latest");
  await using engine = await imageEngine(cli, flags.text("node"));
  for (const each of isWhole ? await tagsHere(cli, engine, ref) : [ref]) {
    for await (const { status } of engine.images.push({ ref: each }, { signal: cli.signal })) {
      if (!isQuiet && status !== "") cli.output.line(status);
    }
    if (isQuiet) cli.output.line(toShortText(withDefaultTag(parseImageReference(each))));
  }
};

/** All that the host has of a repository. @throws SwarmError notFound when it has nothing of it. */
async function tagsHere(cli: Cli, engine: HostServices, repository: string): Promise<readonly string[]> {
  const wanted = toShortText(parseImageReference(repository));
  const { images } = await engine.images.list({}, { signal: cli.signal });
  const names = images
    .flatMap(({ repoTags }) => repoTags)
    .filter((name) => toShortText({ ...parseImageReference(name), tag: null }) === wanted);
  if (names.length > 0) return names.toSorted();
  throw new SwarmError("notFound", `An image does not exist locally with the tag: ${wanted}`);
}
