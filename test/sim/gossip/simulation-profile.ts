import { type Profile, swarmProfile } from "../../../worker/gossip/core/profiles.ts";

/** swarm's timing with the slow things made frequent, so that a short run meets them. */
export const simulationProfile: Profile = {
  ...swarmProfile,
  gossipToTheDeadMs: 5_000,
  exchangeIntervalMs: 4_000,
  reconnectMaxMs: 4_000,
};
