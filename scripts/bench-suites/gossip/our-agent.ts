/**
 * One member of ours as a process: `our-agent.ts ADDRESS NAME swarm|lan [SEED]`. Its parent hears of changes, and tells
 * it of new metadata.
 */
import { lanProfile, swarmProfile } from "../../../worker/gossip/core/profiles.ts";
import { pack } from "../../../worker/gossip/wire/msgpack.ts";
import { startGossip } from "./start-gossip.ts";

const GOSSIP_PORT = 7946;
const [address = "", name = "", profile = "", seed] = process.argv.slice(2);
/** What a host of a swarm tells about itself. */
const meta = (version: string): Uint8Array => pack({ address, role: "worker", version });

const gossip = await startGossip(
  {
    name,
    listen: { address, port: GOSSIP_PORT },
    meta: meta("0.1.0"),
    profile: profile === "lan" ? lanProfile : swarmProfile,
  },
  (change, member) => process.send?.({ change, name: member.name }),
);
if (seed !== undefined) gossip.setSeeds([{ address: seed, port: GOSSIP_PORT }]);
process.on("message", (version: string) => gossip.changeMeta(meta(version)));
process.on("disconnect", () => process.exit(0));
