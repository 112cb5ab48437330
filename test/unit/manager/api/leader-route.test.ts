import assert from "node:assert/strict";
import { it } from "node:test";
import { LEADER_WAIT_MS, LeaderRoute } from "../../../../manager/api/leader-route.ts";
import type { RaftHandle } from "../../../../raft/raft-handle.ts";
import { SwarmError } from "../../../../shared/errors.ts";
import { never } from "../../../support/control-api.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const leaderless = {
  status: () => ({ raftId: 1, leader: null, members: [] }),
  onLeadership: () => ({ [Symbol.dispose]: () => {} }),
  onLeaderChange: () => ({ [Symbol.dispose]: () => {} }),
} as unknown as RaftHandle;

it("a call that waits for a leader ends with its manager, not with its own patience", async () => {
  const clock = new VirtualClock();
  const route = new LeaderRoute({ raft: leaderless, clock });
  const waiting = route.find(clock.now() + LEADER_WAIT_MS, never);
  route[Symbol.dispose]();
  await assert.rejects(waiting, (error) => error instanceof SwarmError && /ask another/.test(error.message));
  assert.ok(clock.now() < LEADER_WAIT_MS);
});
