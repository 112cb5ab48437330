import assert from "node:assert/strict";
import { test } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import { unary } from "../../../shared/rpc/handler.ts";
import { createClusterSpec } from "../../support/objects.ts";
import { createFakeDaemon, runCli } from "./fake-daemon.ts";

const KEY = `SWMKEY-1-${"A".repeat(43)}`;
const SHOWN = [
  "To unlock a swarm manager after it restarts, run the `swarmctl unlock`",
  "command and provide the following key:",
  "",
  `    ${KEY}`,
  "",
  "Remember to store this key in a password manager, since without it you",
  "will not be able to restart the manager.",
];

test("unlock-key shows the key, alone if asked, and rotates it before", async () => {
  const asked: unknown[] = [];
  let key = KEY;
  await using daemon = createFakeDaemon({
    control: {
      getUnlockKey: unary(async () => ({ unlockKey: key })),
      updateCluster: unary(async ({ rotateUnlockKey, spec }) => {
        asked.push([rotateUnlockKey, spec]);
        return {};
      }),
    },
  });
  await daemon.listen();
  assert.deepEqual((await runCli(["unlock-key"], daemon)).out, SHOWN);
  assert.deepEqual((await runCli(["swarm", "unlock-key", "-q"], daemon)).out, [KEY]);
  const rotated = ["Successfully rotated manager unlock key.", ...SHOWN];
  assert.deepEqual((await runCli(["unlock-key", "--rotate"], daemon)).out, rotated);
  assert.deepEqual((await runCli(["unlock-key", "--rotate", "--quiet"], daemon)).out, [KEY]);
  assert.deepEqual(asked, [
    [true, null],
    [true, null],
  ]);
  key = "";
  assert.deepEqual((await runCli(["unlock-key"], daemon)).err, ["Error: no unlock key is set"]);
});

test("unlock-key says on standard error when no leader vouches for the key", async () => {
  await using daemon = createFakeDaemon({
    control: { getUnlockKey: unary(async () => ({ unlockKey: KEY, unconfirmed: true })) },
  });
  await daemon.listen();
  const { out, err } = await runCli(["unlock-key", "-q"], daemon);
  assert.deepEqual(out, [KEY]);
  assert.match(err.join("\n"), /There is no leader: this is the key that this manager knew last\./);
});

test("update --autolock shows the key when that turns the lock on, and not otherwise", async () => {
  for (const [words, before, after, shown] of [
    [["--autolock"], false, true, SHOWN],
    [["--autolock=true"], true, true, []],
    [["--autolock=false"], true, false, []],
    [["--task-history-limit", "3"], true, true, []],
  ] as const) {
    let sent: boolean | undefined;
    await using daemon = createFakeDaemon({
      control: {
        getCluster: unary(async () => ({
          cluster: { meta: { version: 7 }, spec: createClusterSpec({ autoLockManagers: before }) },
        })),
        getUnlockKey: unary(async () => ({ unlockKey: KEY })),
        updateCluster: unary(async ({ spec }) => {
          sent = spec?.autoLockManagers;
          return {};
        }),
      },
    });
    await daemon.listen();
    assert.deepEqual((await runCli(["update", ...words], daemon)).out, ["Swarm updated.", ...shown]);
    assert.equal(sent, after);
  }
});

function consoleWith(typed: string | null) {
  const said: string[] = [];
  return {
    said,
    stdinIsTerminal: typed !== null,
    stdoutIsTerminal: false,
    input: (async function* () {
      yield Buffer.from(typed ?? "");
    })(),
    write: async (_to: "out" | "err", bytes: Uint8Array) => void said.push(Buffer.from(bytes).toString()),
    extent: () => null,
    onExtent: () => ({ [Symbol.dispose]: () => {} }),
    raw: () => ({ [Symbol.dispose]: () => {} }),
    closeInput: () => {},
    onSignal: () => ({ [Symbol.dispose]: () => {} }),
  };
}

test("unlock asks at a terminal without showing what is typed, and says nothing when it worked", async () => {
  const asked: string[] = [];
  await using daemon = createFakeDaemon({
    local: {
      info: unary(async () => ({ state: "LOCKED" })),
      unlock: unary(async ({ unlockKey }) => {
        asked.push(unlockKey);
        if (asked.length > 1)
          throw new SwarmError("unauthenticated", "swarm could not be unlocked: invalid key provided");
        return {};
      }),
    },
  });
  await daemon.listen();
  const terminal = consoleWith(`${KEY}\r`);
  const ran = await runCli(["unlock"], daemon, { console: terminal });
  assert.deepEqual([ran.ok, ran.out, ran.err], [true, [], []]);
  assert.deepEqual(asked, [KEY]);
  assert.equal(terminal.said.join(""), "Please enter unlock key: \r\n");
  assert.match(
    (await runCli(["unlock"], daemon, { console: consoleWith(`${KEY}\r`) })).err.join(),
    /invalid key provided/,
  );
  assert.match(
    (await runCli(["unlock"], daemon, { console: consoleWith("nonsense\r") })).err.join(),
    /invalid unlock key/,
  );
  const stopped = await runCli(["unlock"], daemon, { console: consoleWith("SWMKEY\u0003") });
  assert.deepEqual([stopped.ok, stopped.err], [false, ["Error: interrupted: nothing was changed"]]);
  assert.equal(asked.length, 2);
});

test("unlock asks for no key where nothing is locked", async () => {
  for (const [state, sentence] of [
    ["INACTIVE", "Error: This node is not part of a swarm"],
    ["ACTIVE", "Error: swarm is not locked"],
  ] as const) {
    await using daemon = createFakeDaemon({ local: { info: unary(async () => ({ state })) } });
    await daemon.listen();
    assert.deepEqual((await runCli(["unlock"], daemon)).err, [sentence]);
  }
});
