import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import type { InterfaceAddress } from "../../../swarmd/advertise.ts";
import type { NodeLife } from "../../../swarmd/node-life.ts";
import { INIT_REQUEST as INIT } from "../../support/init-request.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { setUp } from "./fake-life.ts";

const phaseOf = (life: NodeLife): string => life.phase.kind;

describe("a node whose host gets another address", () => {
  it("goes on there, whether that came while it ran or while it did not", async () => {
    const clock = new VirtualClock();
    const { life, make, runtimes, saved, host } = await setUp(clock);
    const at = (address: string): InterfaceAddress => {
      return { interfaceName: "eth0", address, family: "IPv4", internal: false };
    };
    host.addresses = [at("10.1.0.1")];
    const { nodeId } = await life.init(INIT);
    runtimes.calls.length = 0;
    host.addresses = [at("10.1.0.2")];
    await clock.until("it is active there", () => saved.record?.advertiseAddress === "10.1.0.2:2377");
    assert.deepEqual(runtimes.calls, ["worker stopped", "manager stopped", "manager resume", "worker"]);
    await clock.until("it is active", () => phaseOf(life) === "active");
    await life.stop();
    host.addresses = [at("10.1.0.3")];
    runtimes.failManager = new SwarmError("unavailable", "there is no leader");
    const again = await make();
    void again.resume();
    await clock.until("it is active", () => phaseOf(again) === "active");
    assert.equal(saved.record?.advertiseAddress, "10.1.0.3:2377");
    assert.equal(saved.record?.dataPathAddress, "10.1.0.3");
    assert.equal(saved.record?.nodeId, nodeId);
    await again.stop();
    assert.deepEqual(clock.pending, []);
  });
});
