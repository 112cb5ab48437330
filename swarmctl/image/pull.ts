import { SwarmError } from "../../shared/errors.ts";
import { parseImageReference, toShortText, withDefaultTag } from "../../shared/image-reference.ts";
import { progressWords } from "../../shared/objects/pull-words.ts";
import type { PullResult } from "../../shared/rpc/gen/images.ts";
import type { HostServices } from "../../shared/rpc/light/host-services.ts";
import type { Cli, Run } from "../cli.ts";
import { usageError } from "../parse/usage.ts";
import { engineAt, imageEngine, type UpNode, upNodes } from "./engine.ts";
import type { PULL_OPTIONS } from "./options.ts";
import { PullView } from "./pull-view.ts";

export const run: Run<typeof PULL_OPTIONS> = async (cli, [given = ""], flags) => {
  const platform = flags.text("platform") ?? "";
  const isQuiet = flags.is("quiet");
  const isEverywhere = flags.is("allNodes");
  if (isEverywhere && flags.has("node")) throw usageError("--all-nodes and --node cannot be combined");
  const reference = parseImageReference(given);
  if (flags.is("allTags") && (reference.tag !== null || reference.digest !== null))
    throw usageError("tag can't be used with --all-tags/-a");
  await using engine = await imageEngine(cli, flags.text("node"));
  const refs = flags.is("allTags") ? await everyTag(cli, engine, given) : [given];
  if (!flags.is("allTags") && !isQuiet && !isEverywhere && withDefaultTag(reference).tag !== reference.tag)
    cli.output.line(`Using default tag: ${withDefaultTag(reference).tag}`);
  let name = "";
  for (const ref of refs) {
    if (isEverywhere && flags.is("allTags") && !isQuiet) cli.output.line(`${ref}:`);
    if (isEverywhere) await pullEverywhere(cli, ref, platform, isQuiet);
    else name = await pullHere(cli, engine, { ref, platform }, isQuiet);
  }
  if (name !== "") cli.output.line(flags.is("allTags") ? name.replace(/:[^:/]+$/, "") : name);
};

/** @throws SwarmError notFound for a repository without any. */
async function everyTag(cli: Cli, engine: HostServices, repository: string): Promise<readonly string[]> {
  const { tags } = await engine.images.listTags({ repository }, { signal: cli.signal });
  if (tags.length === 0) throw new SwarmError("notFound", `${repository} has no tags in its registry`);
  return tags.map((tag) => `${repository}:${tag}`);
}

/** Resolves with the whole name of what was pulled. */
async function pullHere(
  cli: Cli,
  engine: HostServices,
  request: { readonly ref: string; readonly platform: string },
  isQuiet: boolean,
): Promise<string> {
  const reference = withDefaultTag(parseImageReference(request.ref));
  const view = new PullView(cli.output);
  let result: PullResult | null = null;
  let isBegun = false;
  for await (const progress of engine.images.pull(request, { signal: cli.signal })) {
    result = progress.result ?? result;
    if (isQuiet) continue;
    // Only now it is sure that there is such an image.
    if (!isBegun && (progress.isWhole || progress.bytesSoFar > 0 || progress.result !== null)) {
      isBegun = true;
      const { registry, path, tag, digest } = reference;
      cli.output.line(`${digest ?? tag}: Pulling from ${registry === "docker.io" ? path : `${registry}/${path}`}`);
    }
    view.show(progress);
  }
  if (result === null) throw new SwarmError("internal", "the pull ended without a result");
  if (!isQuiet) {
    if (result.digest !== "") cli.output.line(`Digest: ${result.digest}`);
    const what = result.wasPresent ? "Image is up to date" : "Downloaded newer image";
    cli.output.line(`Status: ${what} for ${toShortText(reference)}`);
  }
  return result.name;
}

/** Each node by itself; one that fails does not keep the others. */
async function pullEverywhere(cli: Cli, ref: string, platform: string, isQuiet: boolean): Promise<void> {
  const nodes = await upNodes(cli);
  const states = new Map<string, string>(nodes.map(({ name }) => [name, "waiting"]));
  let drawn = 0;
  const draw = (): void => {
    if (isQuiet || !cli.output.isTerminal) return;
    const lines = [...states].map(([name, state]) => `${name}: ${state}`);
    cli.output.redraw(drawn, lines);
    drawn = lines.length;
  };
  const tell = (name: string, state: string, isFinal: boolean): void => {
    states.set(name, state);
    draw();
    if (isFinal && !isQuiet && !cli.output.isTerminal) cli.output.line(`${name}: ${state}`);
  };
  const failures = await Promise.all(nodes.map((node) => pullAt(cli, node, { ref, platform }, tell)));
  const failed = failures.filter((failure) => failure !== null);
  if (failed.length > 0) throw new SwarmError("failedPrecondition", failed.join("\nError: "));
  if (isQuiet) cli.output.line(ref);
}

async function pullAt(
  cli: Cli,
  { id, name }: UpNode,
  request: { readonly ref: string; readonly platform: string },
  tell: (name: string, state: string, isFinal: boolean) => void,
): Promise<string | null> {
  await using engine = await engineAt(cli, { kind: "node", nodeId: id });
  try {
    let wasPresent = false;
    for await (const progress of engine.images.pull(request, { signal: cli.signal })) {
      wasPresent = progress.result?.wasPresent ?? wasPresent;
      tell(name, progressWords(progress), false);
    }
    tell(name, wasPresent ? "up to date" : "pulled", true);
    return null;
  } catch (error) {
    if (!(error instanceof SwarmError) || cli.signal.aborted) throw error;
    tell(name, "failed", true);
    return `node ${name}: ${error.message}`;
  }
}
