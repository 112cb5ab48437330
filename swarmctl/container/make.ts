import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { ContainerConfig } from "../../shared/rpc/gen/containers.ts";
import type { PullPolicy } from "../../shared/rpc/gen/images.ts";
import { machineNeeded, machineOf } from "../../shared/run-text/platform.ts";
import type { Cli } from "../cli.ts";
import type { Flags } from "../flags.ts";
import { parseChoice } from "../parse/numbers.ts";
import { containerConfig } from "./config.ts";
import { containersOf } from "./host.ts";

const PULLS = { always: "PULL_ALWAYS", missing: "PULL_MISSING", never: "PULL_NEVER" } as const satisfies Record<
  string,
  PullPolicy
>;

/** Makes the container that a command line asks for; resolves with its id. */
export async function makeContainer(cli: Cli, args: readonly string[], flags: Flags): Promise<string> {
  const config = containerConfig(args, flags, cli);
  await requireOwnPlatform(cli, flags);
  const pull = parseChoice(flags.text("pull") ?? "missing", "--pull", PULLS);
  const cidfile = flags.text("cidfile");
  // First: with a file that cannot be written, nobody would know which container it was.
  const file = cidfile === undefined ? null : cli.newFile(cidfile);
  try {
    const id = await create(cli, flags, config, pull);
    file?.write(id);
    return id;
  } catch (error) {
    file?.discard();
    throw error;
  }
}

/** A host keeps images of its own platform alone. @throws SwarmError failedPrecondition for another. */
async function requireOwnPlatform(cli: Cli, flags: Flags): Promise<void> {
  const platform = flags.text("platform") ?? "";
  const needed = machineNeeded(platform);
  if (needed === null) return;
  const own = await machineOfHost(cli, flags.text("node"));
  if (needed === machineOf(own)) return;
  throw new SwarmError("failedPrecondition", `--platform ${platform} is not possible: the host is ${own}`);
}

async function machineOfHost(cli: Cli, node: string | undefined): Promise<string> {
  const options = { signal: cli.signal };
  const { description } =
    node === undefined
      ? await (await cli.api.local()).info({}, options)
      : mustHave((await (await cli.api.control()).getNode({ ref: node }, options)).node, "the node of the answer");
  return description?.platform?.architecture ?? "";
}

async function create(cli: Cli, flags: Flags, config: ContainerConfig, pull: PullPolicy): Promise<string> {
  const containers = await containersOf(cli, flags);
  let made: string | null = null;
  let last = "";
  for await (const { progress, id, warnings } of containers.create({ config, pull }, { signal: cli.signal })) {
    for (const warning of warnings) cli.output.warn(warning);
    if (progress !== "" && progress !== last && !flags.is("quiet")) cli.output.warn(progress);
    last = progress;
    if (id !== "") made = id;
  }
  return mustHave(made, "the id of the container");
}
