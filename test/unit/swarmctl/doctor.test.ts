import assert from "node:assert/strict";
import { test } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import type { Finding } from "../../../shared/rpc/gen/doctor.ts";
import { serverStream, unary } from "../../../shared/rpc/handler.ts";
import type { Sendable } from "../../../shared/rpc/sendable.ts";
import { findingLines } from "../../../swarmctl/doctor/row.ts";
import { ExitStatus } from "../../../swarmctl/exit-status.ts";
import { createFakeDaemon, runCli } from "./fake-daemon.ts";

const fine: Finding = { severity: "FINE", what: "node", where: "3 hosts", result: "ok", mend: "" };
const blocked: Finding = {
  ...{ severity: "BROKEN", what: "4789/udp", where: "host1 <-> host2" },
  ...{ result: "no packet of the overlay arrives", mend: "allow 4789/udp" },
};
const old: Finding = { severity: "WARNING", what: "clock", where: "host3", result: "2.5 s behind", mend: "run chrony" };

const answering = (findings: readonly Sendable<Finding>[]) =>
  serverStream<{ readonly reason: string }, object>(async (_request, _context, send) => {
    await send({ progress: { hosts: 3, waiting: ["host2"] } });
    await send({ diagnosis: { findings } });
  });
const manager = { info: unary(async () => ({ controlAvailable: true })) };
const BROKEN = `Error: ${new ExitStatus(2).message}`;

async function ctl(words: readonly string[], parts: Parameters<typeof createFakeDaemon>[0]) {
  await using daemon = createFakeDaemon(parts);
  await daemon.listen();
  return await runCli(["doctor", ...words], daemon);
}

test("prints a table that lines up, and a last line; a warning is no failure", async () => {
  const { out, ok } = await ctl([], { control: { diagnose: answering([old, fine]) }, local: manager });
  assert.deepEqual(out, [
    "WHAT    WHERE     RESULT                  MEND",
    "clock   host3     warning: 2.5 s behind   run chrony",
    "node    3 hosts   ok",
    "Found: 1 warning.",
  ]);
  assert.ok(ok);
});

test("ends with status 2 when something is broken, in every format", async () => {
  const parts = { control: { diagnose: answering([blocked, fine]) }, local: manager };
  const table = await ctl([], parts);
  assert.match(table.out[1] ?? "", /^4789\/udp +host1 <-> host2 +BROKEN: no packet .* +allow 4789\/udp$/);
  assert.deepEqual(table.err, [BROKEN], "as main.ts turns it into the status");
  const json = await ctl(["--format", "json"], parts);
  assert.deepEqual(JSON.parse(json.out[0] ?? ""), {
    ...{ Severity: "broken", What: "4789/udp", Where: "host1 <-> host2" },
    ...{ Result: "no packet of the overlay arrives", Mend: "allow 4789/udp" },
  });
  assert.equal(json.out.length, 2);
  const template = await ctl(["--format", "{{.Severity}} {{.Where}}"], parts);
  assert.deepEqual(template.out, ["broken host1 <-> host2", "fine 3 hosts"]);
  const quiet = await ctl(["-q"], parts);
  assert.deepEqual(quiet.out, []);
  assert.deepEqual([json.err, template.err, quiet.err], [[BROKEN], [BROKEN], [BROKEN]]);
});

test("a worker, and a manager that is told to, examine themselves", async () => {
  const local = { diagnose: answering([fine]), info: unary(async () => ({ controlAvailable: false })) };
  assert.deepEqual((await ctl([], { local })).out.slice(-2), ["node   3 hosts   ok", "Nothing is wrong."]);
  assert.ok((await ctl(["--local"], { local: { ...local, ...manager } })).ok);
});

test("a manager without a leader examines itself, and passes on why", async () => {
  const reasons: string[] = [];
  const { out } = await ctl([], {
    control: {
      diagnose: serverStream(async () => {
        throw new SwarmError("unavailable", "The swarm does not have a leader");
      }),
    },
    local: {
      ...manager,
      diagnose: serverStream(async ({ reason }, _context, send) => {
        reasons.push(reason);
        await send({ diagnosis: { findings: [fine] } });
      }),
    },
  });
  assert.deepEqual(reasons, ["The swarm does not have a leader"]);
  assert.equal(out.at(-1), "Nothing is wrong.");
});

test("another examination under way is a refusal, not a reason to look elsewhere", async () => {
  const diagnose = serverStream<unknown, never>(async () => {
    throw new SwarmError("resourceExhausted", "another examination is under way");
  });
  const { err } = await ctl([], { control: { diagnose }, local: manager });
  assert.deepEqual(err, ["Error: another examination is under way"]);
});

test("control characters in what hosts said are made visible", async () => {
  const { out } = await ctl([], {
    control: { diagnose: answering([{ ...old, result: "\u001b[2Jgone\nhost4" }]) },
    local: manager,
  });
  assert.match(out.join("\n"), /\\u001b\[2Jgone\\u000ahost4/);
});

test("on a terminal, sentences are folded into columns that fit", () => {
  const rows = [
    {
      Severity: "broken",
      What: "4789/udp",
      Where: "host1 <-> host2",
      Result: "no packet of the overlay arrives here",
      Mend: "allow 4789/udp in the firewalls of both hosts",
    },
    { Severity: "fine", What: "disk", Where: "3 hosts", Result: "ok", Mend: "" },
  ];
  assert.deepEqual(findingLines(rows, { isTerminal: true, columns: 90 }), [
    "WHAT       WHERE             RESULT                     MEND",
    "4789/udp   host1 <-> host2   BROKEN: no packet of the   allow 4789/udp in the",
    "                             overlay arrives here       firewalls of both hosts",
    "disk       3 hosts           ok",
  ]);
});
