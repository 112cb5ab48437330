import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { SwarmError } from "../../shared/errors.ts";
import { meansTask } from "../../shared/objects/container-id.ts";
import type { Run } from "../cli.ts";
import { engineOfNode } from "../container/host.ts";
import { inspected } from "../container/inspect.ts";
import { printInspected } from "../format/inspect.ts";
import { showFound } from "../names.ts";
import { usageError } from "../parse/usage.ts";
import { LOOK, type Looking } from "./kinds.ts";
import { type INSPECT_ANY_OPTIONS, INSPECTED_KINDS, type InspectedKind } from "./options.ts";

/** Kinds that only managers know: elsewhere a name is none of these. */
const OF_THE_SWARM: ReadonlySet<InspectedKind> = new Set(["service", "task", "node", "secret", "config"]);

export const run: Run<typeof INSPECT_ANY_OPTIONS> = async (cli, args, flags) => {
  const kind = kindIn(flags.text("type"));
  await using engine = await engineOfNode(cli, flags.text("node"));
  const looking: Looking = { cli, engine, sizes: flags.is("size") };
  const find = (ref: string): Promise<DockerJson | null> =>
    kind === null ? findAny(looking, ref) : LOOK[kind](looking, ref);
  await showFound(args, find, (found) => printInspected(found, flags.text("format") ?? "", cli.output));
};

/** @throws SwarmError invalidArgument. */
function kindIn(text: string | undefined): InspectedKind | null {
  if (text === undefined || text === "") return null;
  const kind = INSPECTED_KINDS.find((each) => each === text);
  if (kind === undefined) throw usageError(`unknown --type "${text}": it is one of ${INSPECTED_KINDS.join(", ")}`);
  return kind;
}

/** Of the first kind that knows it. @throws SwarmError notFound. */
async function findAny(looking: Looking, ref: string): Promise<DockerJson | null> {
  for (const kind of INSPECTED_KINDS) {
    try {
      const found = await (kind === "container" ? containerOrTask(looking, ref) : LOOK[kind](looking, ref));
      if (found !== null) return found;
    } catch (error) {
      if (!(error instanceof SwarmError) || !isElsewhere(kind, error)) throw error;
    }
  }
  throw new SwarmError("notFound", `there is no object named ${ref}, of any kind: ${INSPECTED_KINDS.join(", ")}`);
}

/**
 * With the id of a task people mean the task, as in `inspect $(service ps -q web)`; where no manager can be asked for
 * it, its container is what there is.
 */
async function containerOrTask(looking: Looking, ref: string): Promise<DockerJson> {
  const { engine, sizes, cli } = looking;
  const { shape, summary } = await inspected(engine, ref, sizes, cli.signal);
  if (!meansTask(ref, summary)) return shape;
  try {
    return (await LOOK.task(looking, ref)) ?? shape;
  } catch (error) {
    if (error instanceof SwarmError) return shape;
    throw error;
  }
}

/** Whether another kind may still know the name. */
function isElsewhere(kind: InspectedKind, { code }: SwarmError): boolean {
  if (code === "notFound") return true;
  // A network is looked for on the host first, then in the swarm.
  if (code === "failedPrecondition") return kind === "network" || OF_THE_SWARM.has(kind);
  // A name of one kind may be none that another kind could have.
  return code === "invalidArgument";
}
