import assert from "node:assert/strict";
import { test } from "node:test";
import { createDoctor } from "../../../../manager/doctor/doctor.ts";
import { ANSWER_MS_MAX } from "../../../../shared/doctor/limits.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import type { DiagnoseResponse, Examination, ExaminationReport } from "../../../../shared/rpc/gen/doctor.ts";
import type { CallContext } from "../../../../shared/rpc/handler.ts";
import type { Sendable } from "../../../../shared/rpc/sendable.ts";
import { hostFacts } from "../../../support/doctor-facts.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import { createCluster, createNode, testId } from "../../../support/objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

type Report = Partial<ExaminationReport>;

/** A leader with nodes n1 .. n3; `answer` is what each says, by its id and how often it was asked. */
async function createWorld(answer: (nodeId: string) => readonly Report[]) {
  const clock = new VirtualClock();
  const store = createMemoryStore(clock, { autoCommit: true });
  await store.update("objects", (tx) => {
    tx.create("cluster", createCluster());
    for (const name of ["n1", "n2", "n3"]) {
      const node = createNode(name);
      tx.create("node", { ...node, status: { ...node.status, address: `10.77.0.${name.slice(1)}` } });
    }
  });
  const listeners = new Set<(nodeId: NodeId, report: ExaminationReport) => void>();
  const asked: string[] = [];
  const closed: string[] = [];
  const sessions = {
    examine(nodeId: NodeId, { examinationId = "", close = false }: Sendable<Examination>): boolean {
      if (close) {
        closed.push(nodeId);
        return true;
      }
      asked.push(nodeId);
      for (const [at, report] of answer(nodeId).entries()) {
        const whole = { examinationId, wallMs: clock.wallNow(), facts: null, ...report };
        clock.schedule(10 + at * 100, "answer", () => {
          for (const listener of listeners) listener(nodeId, whole);
        });
      }
      return true;
    },
    onExamined(listener: (nodeId: NodeId, report: ExaminationReport) => void): Disposable {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    trace: () => ({ isOpen: true }),
  };
  const doctor = createDoctor({
    store,
    raft: store.raft,
    clock,
    random: seededRandom(1),
    sessions,
  });
  const diagnose = async (signal = new AbortController().signal) => {
    const sent: Sendable<DiagnoseResponse>[] = [];
    const call = doctor.diagnose({ reason: "" }, { signal } as CallContext, async (message) => void sent.push(message));
    let isOver = false;
    const over = call.finally(() => {
      isOver = true;
    });
    over.catch(() => {});
    const beganMs = clock.now();
    await clock.until("the diagnosis", () => isOver);
    await over;
    const findings = sent.at(-1)?.diagnosis?.findings ?? assert.fail("no diagnosis");
    return { sent, findings, tookMs: clock.now() - beganMs };
  };
  return { clock, store, doctor, diagnose, asked, closed, listeners };
}

const whole: readonly Report[] = [{}, { facts: hostFacts() }];

test("asks all hosts and ends with their last answer; tells who is waited for", async () => {
  const { diagnose, asked, listeners } = await createWorld(() => whole);
  const { sent, findings, tookMs } = await diagnose();
  assert.equal(asked.length, 3);
  assert.ok(tookMs < 1_000, `${tookMs}`);
  assert.deepEqual(sent[0]?.progress, { hosts: 3, waiting: ["n1", "n2", "n3"] });
  assert.deepEqual(
    findings.filter(({ severity }) => severity === "BROKEN"),
    [],
  );
  assert.equal(listeners.size, 0);
});

test("names a host that begins and never ends, and one that says nothing, within the limit", async () => {
  const { diagnose, closed } = await createWorld((id) =>
    id.startsWith("n1") ? whole : id.startsWith("n2") ? [{}] : [],
  );
  const { findings, tookMs } = await diagnose();
  assert.ok(tookMs <= ANSWER_MS_MAX, `${tookMs}`);
  assert.deepEqual(closed, ["n2", "n3"].map(testId), "they need not go on");
  assert.deepEqual(
    findings.filter(({ severity }) => severity === "BROKEN").map(({ what, where }) => `${what} ${where}`),
    ["node n2", "node n3"],
  );
});

test("compares clocks by the first report, and takes half of the round trip for what it may be wrong", async () => {
  const { diagnose } = await createWorld((id) =>
    id.startsWith("n2") ? [{ wallMs: 1_004_000 }, whole[1] ?? {}] : whole,
  );
  const { findings } = await diagnose();
  const clocks = findings.filter(({ what }) => what === "clock");
  assert.deepEqual(
    clocks.map(({ severity, where }) => [severity, where]),
    [["BROKEN", "n2"]],
  );
});

test("answers of other examinations, and of nodes that were not asked, count for nothing", async () => {
  const { diagnose, listeners, clock } = await createWorld((id) =>
    id.startsWith("n1") ? [{ examinationId: "another", facts: hostFacts() }] : whole,
  );
  clock.schedule(5, "stranger", () => {
    for (const listener of listeners)
      listener(testId<NodeId>("n9"), { examinationId: "x", wallMs: 0, facts: hostFacts() });
  });
  const { findings } = await diagnose();
  assert.deepEqual(
    findings.filter(({ severity }) => severity === "BROKEN").map(({ where }) => where),
    ["n1"],
  );
});

test("one examination at a time; the next is welcome when it is over", async () => {
  const { doctor, diagnose } = await createWorld(() => whole);
  const first = diagnose();
  await assert.rejects(
    doctor.diagnose({ reason: "" }, { signal: new AbortController().signal } as CallContext, async () => {}),
    { code: "resourceExhausted", message: /another examination is under way/ },
  );
  await first;
  await diagnose();
});

test("a leader that was replaced meanwhile judges nothing", async () => {
  const { clock, store, diagnose } = await createWorld(() => whole);
  clock.schedule(50, "another is elected", () => store.raft.loseLeadership());
  await assert.rejects(diagnose(), { code: "unavailable", message: /the leader changed/ });
});
