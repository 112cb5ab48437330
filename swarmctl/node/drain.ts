import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import { sleep } from "../../shared/ports/clock.ts";
import type { Cli, Run } from "../cli.ts";
import { goDuration } from "../format/age.ts";
import { nodeRef } from "../names.ts";
import { usageError } from "../parse/usage.ts";
import { type DrainProgress, drainProgress } from "./drain-progress.ts";
import type { DRAIN_OPTIONS } from "./options.ts";
import { changeNodeSpec } from "./spec.ts";

/** Long enough for images to be fetched elsewhere, and short enough that nobody forgets the node. */
const TIMEOUT_MS = 600_000;
const LOOK_MS = 500;

export const run: Run<typeof DRAIN_OPTIONS> = async (cli, args, flags) => {
  const ref = args[0] ?? "";
  const isDetached = flags.is("detach") || flags.switched("wait") === false;
  if (isDetached && flags.is("wait")) throw usageError("--wait and --detach cannot be combined");
  if (flags.is("now") && flags.has("timeout"))
    throw usageError("--now and --timeout cannot be combined: --now waits for no successor");
  const timeoutMs = flags.durationMs("timeout") ?? TIMEOUT_MS;
  await changeNodeSpec(cli, ref, (spec) => {
    if (flags.is("now")) return { ...spec, availability: "DRAIN", evacuation: null };
    // What it runs is being stopped already: there is nothing to be gentle about.
    if (spec.availability === "DRAIN") return null;
    return { ...spec, availability: "PAUSE", evacuation: { timeoutMs, startedAtMs: 0 } };
  });
  if (isDetached) {
    cli.output.line(ref);
    return;
  }
  if (!flags.is("now")) cli.output.warn(`What has not left ${ref} within ${goDuration(timeoutMs)} is stopped.`);
  await waitUntilDrained(cli, ref);
};

/** @throws SwarmError aborted when somebody else wants something of the node meanwhile. */
async function waitUntilDrained(cli: Cli, ref: string): Promise<void> {
  const said = new Set<string>();
  for (;;) {
    const progress = await look(cli, ref);
    if (progress.kind === "drained") break;
    if (progress.kind === "givenUp") {
      throw new SwarmError("aborted", `node ${ref} is not drained: somebody has set another availability meanwhile`);
    }
    for (const line of progress.lines.filter((each) => !said.has(each))) cli.output.warn(line);
    for (const line of progress.lines) said.add(line);
    await sleep(cli.clock, LOOK_MS, "look at the node again", cli.signal).catch(() => {});
    if (cli.signal.aborted) {
      cli.output.warn(
        `The node is being drained in background; \`swarmctl node update --availability active ${ref}\` ends that.`,
      );
      return;
    }
  }
  cli.output.line(ref);
}

async function look(cli: Cli, ref: string): Promise<DrainProgress> {
  const control = await cli.api.control();
  const options = { signal: cli.signal };
  const node = mustHave((await control.getNode({ ref: await nodeRef(cli, ref) }, options)).node, "the node");
  const { tasks } = await control.listTasks({ nodes: [node.id] }, options);
  const services = [...new Set(tasks.map(({ serviceId }) => serviceId))];
  const all = services.length === 0 ? [] : (await control.listTasks({ services }, options)).tasks;
  return drainProgress(
    node,
    tasks,
    all.filter(({ nodeId }) => nodeId !== node.id),
  );
}
