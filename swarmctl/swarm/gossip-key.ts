import { SwarmError } from "../../shared/errors.ts";
import type { Run } from "../cli.ts";
import { ago } from "../format/age.ts";
import type { GOSSIP_KEY_OPTIONS } from "./options.ts";

export const run: Run<typeof GOSSIP_KEY_OPTIONS> = async (cli, _args, flags) => {
  const control = await cli.api.control();
  if (flags.is("rotate")) {
    await control.updateCluster({ rotateGossipKeys: true }, { signal: cli.signal });
    cli.output.line("Successfully rotated the gossip keys.");
    return;
  }
  const { cluster } = await control.getCluster({}, { signal: cli.signal });
  const keys = cluster?.gossipKeys ?? null;
  if (keys === null)
    throw new SwarmError("failedPrecondition", "the swarm has no gossip keys yet: its leader will make them");
  cli.output.line(`Generation ${keys.generation}, rotated ${ago(keys.rotatedAtMs, cli.clock.wallNow())}.`);
};
