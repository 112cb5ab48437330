/** One member of ours as a process: `our-agent.ts ADDRESS NAME swarm|lan [SEED]`. Its parent hears of changes, and tells it of new metadata. */
import { silentLogger } from "../../../shared/log.ts";
import { systemClock } from "../../../shared/ports/system-clock.ts";
import { systemRandom } from "../../../shared/ports/system-random.ts";
import { lanProfile, swarmProfile } from "../../../worker/gossip/core/profiles.ts";
import { Gossip } from "../../../worker/gossip/gossip.ts";
import { openSystemTransport } from "../../../worker/gossip/ports/system-gossip-transport.ts";
import { pack } from "../../../worker/gossip/wire/msgpack.ts";

const GOSSIP_PORT = 7946;
const [address = "", name = "", profile = "", seed] = process.argv.slice(2);
/** As in a swarm: sealed, and what a host tells of itself. */
const key = new Uint8Array(32).fill(7);
const meta = (version: string): Uint8Array => pack({ address, role: "worker", version });

const gossip = await Gossip.start(
  {
    name,
    listen: { address, port: GOSSIP_PORT },
    meta: meta("0.1.0"),
    profile: profile === "lan" ? lanProfile : swarmProfile,
    label: "",
    compress: true,
    acceptPlain: false,
  },
  {
    open: openSystemTransport,
    keyring: () => ({ primary: key, keys: [key] }),
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    onMember: (change, member) => process.send?.({ change, name: member.name }),
  },
);
if (seed !== undefined) gossip.setSeeds([{ address: seed, port: GOSSIP_PORT }]);
process.on("message", (version: string) => gossip.changeMeta(meta(version)));
process.on("disconnect", () => process.exit(0));
