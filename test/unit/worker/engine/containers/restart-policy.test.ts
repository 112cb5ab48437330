import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ContainerRestart } from "../../../../../shared/rpc/gen/containers.ts";
import {
  afterEnd,
  atDaemonStart,
  RESTART_DELAY_MS_MAX,
  restartDelayMs,
} from "../../../../../worker/engine/containers/restart-policy.ts";

const ENDED = { isStopped: false, exitCode: 1, failures: 0, quickEnds: 1, autoRemove: false, restart: null };
const policy = (name: ContainerRestart["policy"], retries = 0): ContainerRestart => ({ policy: name, retries });
const kindAfter = (change: Partial<Parameters<typeof afterEnd>[0]>): string => afterEnd({ ...ENDED, ...change }).kind;

describe("after its end a container", () => {
  const rows: readonly [string, Parameters<typeof kindAfter>[0], string][] = [
    ["without a policy rests", {}, "rest"],
    ["that is to go goes", { autoRemove: true }, "remove"],
    ["with `no` rests", { restart: policy("NO") }, "rest"],
    ["with `on-failure` starts after an error", { restart: policy("ON_FAILURE") }, "start"],
    ["with `on-failure` rests after success", { restart: policy("ON_FAILURE"), exitCode: 0 }, "rest"],
    ["with `on-failure:2` starts a second time", { restart: policy("ON_FAILURE", 2), failures: 1 }, "start"],
    ["with `on-failure:2` rests after that", { restart: policy("ON_FAILURE", 2), failures: 2 }, "rest"],
    ["with `always` starts after success, too", { restart: policy("ALWAYS"), exitCode: 0 }, "start"],
    ["with `always` rests when people stopped it", { restart: policy("ALWAYS"), isStopped: true }, "rest"],
    ["with `unless-stopped` starts", { restart: policy("UNLESS_STOPPED") }, "start"],
    [
      "with `unless-stopped` rests when people stopped it",
      { restart: policy("UNLESS_STOPPED"), isStopped: true },
      "rest",
    ],
  ];
  for (const [name, change, expected] of rows) it(name, () => assert.equal(kindAfter(change), expected));

  it("waits twice as long each time it ends soon, up to a minute", () => {
    assert.deepEqual([0, 1, 2, 3].map(restartDelayMs), [100, 200, 400, 800]);
    assert.equal(restartDelayMs(1_000), RESTART_DELAY_MS_MAX);
    const sequel = afterEnd({ ...ENDED, restart: policy("ALWAYS"), quickEnds: 3 });
    assert.deepEqual(sequel, { kind: "start", delayMs: 400 });
    // After a long run it begins anew.
    assert.deepEqual(afterEnd({ ...ENDED, restart: policy("ALWAYS"), quickEnds: 0 }), { kind: "start", delayMs: 100 });
  });
});

describe("a daemon that starts and finds a container not running", () => {
  const rows: readonly [string, Partial<Parameters<typeof atDaemonStart>[0]>, string][] = [
    ["leaves what nobody wants", { isWanted: false }, "rest"],
    ["leaves what was stopped", { isWanted: false, isStopped: true, restart: policy("UNLESS_STOPPED") }, "rest"],
    ["starts `always` even then", { isWanted: false, isStopped: true, restart: policy("ALWAYS") }, "start"],
    ["leaves `always` that was made and never started", { isWanted: false, restart: policy("ALWAYS") }, "rest"],
    ["starts `unless-stopped` that ran", { isWanted: true, restart: policy("UNLESS_STOPPED") }, "start"],
    [
      "starts `on-failure` that was lost with the host",
      { isWanted: true, restart: policy("ON_FAILURE"), exitCode: 255 },
      "start",
    ],
    ["removes what was to go with its end", { isWanted: true, autoRemove: true }, "remove"],
  ];
  for (const [name, change, expected] of rows)
    it(name, () => assert.equal(atDaemonStart({ ...ENDED, isWanted: false, ...change }).kind, expected));
});
