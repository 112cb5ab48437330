/**
 * Run on a host of the lab whose daemon is off: a worker that was taken over says too much, each time in a session of
 * its own. Prints how each was answered: "accepted", or the code of the refusal.
 *
 *     loud-worker.ts ADDRESS BASE64(JSON of TlsMaterial) TASK-ID
 */
import { SwarmError } from "../../shared/errors.ts";
import { HOST_LIMITS, SPEC_LIMITS } from "../../shared/objects/limits.ts";
import { TlsCredentials, type TlsMaterial } from "../../shared/pki/tls-credentials.ts";
import { connect } from "../../shared/rpc/client.ts";
import type { WorkerMessage } from "../../shared/rpc/gen/dispatcher.ts";
import { services } from "../../shared/rpc/schema.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";

const MUCH = "x".repeat(900_000);
/** What ends a session does so at once; one that goes on is given up. */
const ANSWER_MS_MAX = 20_000;

const [address = "", encoded = "", taskId = "", hostname = ""] = process.argv.slice(2);
const credentials = new TlsCredentials(JSON.parse(Buffer.from(encoded, "base64").toString()) as TlsMaterial);
await using client = connect(services.dispatcher, address, credentials);
const description = {
  hostname,
  platform: { architecture: "x86_64", os: "linux" },
  resources: { nanoCpus: 1e9, memoryBytes: 1e9, pids: 0 },
  engineVersion: "1",
  engineLabels: {},
  dataPathAddress: "",
};
const running = { state: "RUNNING", timestampMs: 1, message: "started" } as const;
const described = (part: object): Sendable<WorkerMessage> => ({ description: { ...description, ...part } });
const report = (count: number, status: object): Sendable<WorkerMessage> => ({
  status: { number: 1, updates: Array.from({ length: count }, () => ({ taskId, status: { ...running, ...status } })) },
});
const port = { protocol: "TCP", targetPort: 1, publishedPort: 1, publishMode: "HOST" } as const;

const answers: Record<string, string> = {
  "a long host name": await answerTo(described({ hostname: MUCH })),
  "a long label": await answerTo(described({ engineLabels: { a: MUCH } })),
  "many labels": await answerTo(
    described({ engineLabels: Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`key${at}`, "x"])) }),
  ),
  "a long version": await answerTo(described({ engineVersion: MUCH })),
  "a long address": await answerTo(described({ dataPathAddress: MUCH })),
  "many ports": await answerTo(report(1, { hostPorts: Array(SPEC_LIMITS.ports.max + 1).fill(port) })),
  "many statuses": await answerTo(report(HOST_LIMITS.statusUpdates.max + 1, {})),
  "a long container id": await answerTo(report(1, { container: { containerId: MUCH, pid: 1, exitCode: 0 } })),
  "many lost hosts": await answerTo({
    gossip: { gone: Array(HOST_LIMITS.gone.max + 1).fill({ nodeId: taskId, unanswered: true }) },
  }),
  "more than a request may be": await answerTo(report(17, { err: MUCH })),
  "long texts": await answerTo(report(7, { message: MUCH, err: MUCH.slice(0, 200_000) })),
};
process.stdout.write(`${JSON.stringify(answers)}\n`);

/** What is said after registering; accepted when the leader has stored a report. */
async function answerTo(words: Sendable<WorkerMessage>): Promise<string> {
  const session = client.session({ signal: AbortSignal.timeout(ANSWER_MS_MAX) });
  try {
    await session.send({ register: { description } });
    let isRegistered = false;
    for await (const message of session.messages) {
      if (!isRegistered) await session.send(words);
      isRegistered = true;
      if (message.message === "statusAccepted") return "accepted";
    }
    return "ended";
  } catch (error) {
    if (error instanceof SwarmError) return error.code;
    if (error instanceof DOMException && error.name === "TimeoutError") return "open";
    throw error;
  }
}
