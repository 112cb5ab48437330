import assert from "node:assert/strict";
import { test } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import type { DiagnoseResponse, Examination, HostFacts } from "../../../shared/rpc/gen/doctor.ts";
import type { CallContext } from "../../../shared/rpc/handler.ts";
import type { Sendable } from "../../../shared/rpc/sendable.ts";
import { createLocalDoctor } from "../../../swarmd/local-doctor.ts";
import type { NodeRecord } from "../../../swarmd/node-record.ts";
import { hostFacts, wayTo } from "../../support/doctor-facts.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const RECORD = {
  ...{ nodeId: "n1", advertiseAddress: "10.77.0.1:2377" },
  managers: ["10.77.0.1:2377", "10.77.0.2:2377", "[fd00::3]:2400"],
} as unknown as NodeRecord;

function createDoctor(examine: (request: Examination) => Promise<HostFacts>) {
  const node = { record: RECORD, worker: { examine } } as unknown as ReturnType<
    Parameters<typeof createLocalDoctor>[0]["node"]
  >;
  const doctor = createLocalDoctor({
    ...{ node: () => node, hostname: "host1", clock: new VirtualClock(), random: seededRandom(1) },
  });
  return async (reason = "") => {
    const sent: Sendable<DiagnoseResponse>[] = [];
    const context = { signal: new AbortController().signal } as CallContext;
    await doctor.run({ reason }, context, async (message) => void sent.push(message));
    return sent.at(-1)?.diagnosis?.findings ?? [];
  };
}

test("tries the managers that this host knows, but not itself, and asks nobody to try back", async () => {
  let request: Examination | null = null;
  await createDoctor(async (asked) => {
    request = asked;
    return hostFacts();
  })();
  assert.deepEqual((request as Examination | null)?.hosts, [
    { nodeId: "", address: "10.77.0.2", managerAddress: "10.77.0.2:2377", mutual: false },
    { nodeId: "", address: "fd00::3", managerAddress: "[fd00::3]:2400", mutual: false },
  ]);
});

test("judges this host alone, and says first why the managers were not asked", async () => {
  const silent = wayTo("host2", { nodeId: "", gossipUdp: "UNTRIED", overlay: "UNTRIED", manager: "SILENT" });
  const findings = await createDoctor(async () => hostFacts({ ways: [silent] }))("there is no leader");
  const broken = findings.filter(({ severity }) => severity === "BROKEN");
  assert.deepEqual(
    broken.map(({ what, where }) => `${what} ${where}`),
    ["managers host1", "2377/tcp host1 -> 10.77.0.2"],
  );
  assert.match(broken[0]?.result ?? "", /only this host was examined: there is no leader$/);
});

test("one at a time; a failure frees the place", async () => {
  let answer = Promise.withResolvers<HostFacts>();
  const diagnose = createDoctor(() => answer.promise);
  const first = diagnose();
  await assert.rejects(diagnose(), { code: "failedPrecondition", message: /another examination is under way/ });
  answer.reject(new SwarmError("internal", "it broke"));
  await assert.rejects(first, { message: "it broke" });
  answer = Promise.withResolvers();
  answer.resolve(hostFacts());
  await diagnose();
});
