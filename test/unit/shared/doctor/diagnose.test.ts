import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { diagnose } from "../../../../shared/doctor/diagnose.ts";
import { CLOCK_BROKEN_MS, CLOCK_WARNING_MS } from "../../../../shared/doctor/limits.ts";
import type { Reach } from "../../../../shared/rpc/gen/doctor.ts";
import { hostFacts, portSeen, published, swarmOf } from "../../../support/doctor-facts.ts";

const HOSTS = ["host1", "host2", "host3", "host4"];
const REACHES: readonly Reach[] = ["UNTRIED", "ACCEPTED", "REFUSED", "SILENT"];

test("every fault of a way is in exactly one finding, with both hosts in it, and nothing else is broken", () => {
  const reach = fc.constantFrom(...REACHES);
  const pairs = HOSTS.flatMap((from) => HOSTS.filter((to) => to !== from).map((to) => `${from} ${to}`));
  fc.assert(
    fc.property(fc.array(reach, { minLength: pairs.length, maxLength: pairs.length }), (reaches) => {
      const reachOf = (from: string, to: string): Reach => reaches[pairs.indexOf(`${from} ${to}`)] ?? "UNTRIED";
      const broken = diagnose(swarmOf(HOSTS, { way: (from, to) => ({ gossipTcp: reachOf(from, to) }) })).filter(
        ({ severity }) => severity === "BROKEN",
      );
      assert.ok(broken.every(({ what }) => what === "7946/tcp"));
      for (const pair of pairs) {
        const [from = "", to = ""] = pair.split(" ");
        const naming = broken.filter(
          ({ where }) => where === `${from} -> ${to}` || where === `${from} <-> ${to}` || where === `${to} <-> ${from}`,
        );
        const isFault = reachOf(from, to) === "REFUSED" || reachOf(from, to) === "SILENT";
        assert.equal(naming.length, isFault ? 1 : 0, pair);
      }
    }),
  );
});

test("the worst comes first, and a check with findings has no line that says it is fine", () => {
  const findings = diagnose(
    swarmOf(HOSTS, {
      way: () => ({ overlay: "SILENT" }),
      node: () => ({ clock: { offsetMs: 2 * CLOCK_WARNING_MS, uncertaintyMs: 0 } }),
    }),
  );
  const order = findings.map(({ severity }) => severity);
  assert.deepEqual(
    order,
    [...order].sort((a, b) => "BWF".indexOf(a.charAt(0)) - "BWF".indexOf(b.charAt(0))),
  );
  assert.ok(!findings.some(({ severity, what }) => severity === "FINE" && (what === "4789/udp" || what === "clock")));
});

test("a clock is judged by what is certain of its offset", () => {
  const judged = (offsetMs: number, uncertaintyMs: number) =>
    diagnose(swarmOf(["host1"], { node: () => ({ clock: { offsetMs, uncertaintyMs } }) })).find(
      ({ what }) => what === "clock",
    )?.severity;
  for (const sign of [1, -1]) {
    assert.equal(judged(sign * (CLOCK_WARNING_MS - 1), 0), "FINE");
    assert.equal(judged(sign * CLOCK_WARNING_MS, 0), "WARNING");
    assert.equal(judged(sign * 10_000, 9_500), "FINE");
    assert.equal(judged(sign * CLOCK_BROKEN_MS, 1), "WARNING");
    assert.equal(judged(sign * (CLOCK_BROKEN_MS + 1), 1), "BROKEN");
  }
});

test("of a host that examines itself, ways to managers that nobody reaches are named", () => {
  const silent = { gossipTcp: "SILENT", gossipUdp: "UNTRIED", manager: "SILENT", overlay: "UNTRIED" } as const;
  const { nodes, ...rest } = swarmOf(["host1", "host2"], { way: () => silent, isWhole: false });
  const broken = diagnose({ ...rest, nodes: nodes.slice(0, 1) }).filter(({ severity }) => severity === "BROKEN");
  assert.deepEqual(
    broken.map(({ what, where }) => `${what} ${where}`),
    ["2377/tcp host1 -> 10.77.0.2", "7946/tcp host1 -> 10.77.0.2"],
  );
});

test("a port of one host alone is looked for on no other", () => {
  const facts = swarmOf(["host1", "host2"], {
    ports: [published({ nodeId: "host1" })],
    facts: (name) => hostFacts({ ports: name === "host1" ? [portSeen(80)] : [] }),
  });
  assert.equal(diagnose(facts).find(({ what }) => what === "published port")?.severity, "FINE");
});

test("packets with wrong checksums are a fault of the host they came to, unless they are very few", () => {
  const { dataPath } = hostFacts();
  const findings = diagnose(
    swarmOf(HOSTS, {
      facts: (name) => ({ dataPath: dataPath && { ...dataPath, wrongChecksums: name === "host2" ? 40 : 3 } }),
    }),
  );
  const broken = findings.filter(({ severity }) => severity === "BROKEN");
  assert.deepEqual(
    broken.map(({ what, where }) => [what, where]),
    [["checksums", "host2"]],
  );
  assert.match(broken[0]?.result ?? "", /^40 packets arrived with a wrong checksum/);
});
