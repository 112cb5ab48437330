import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import { LineJoiner, type LinePart } from "../../shared/logs/line-joiner.ts";
import { detailsOf, formatDetails } from "../../shared/logs/log-details.ts";
import { LogNameBook } from "../../shared/logs/log-names.ts";
import { logTimestamp } from "../../shared/logs/log-timestamp.ts";
import type { LogLine } from "../../shared/rpc/gen/dispatcher.ts";
import type { TaskSpec } from "../../shared/rpc/gen/objects.ts";
import { type Answer, MULTIPLEXED_STREAM, RAW_STREAM, stream } from "../answer.ts";
import { frameOf } from "../frames.ts";
import { instantMs } from "../instants.ts";
import { type Call, param } from "../route.ts";
import { followedLogs, type LogReading } from "./followed-logs.ts";

/** Before this API the stream of frames had the name of the raw one. */
const NAMED_MINOR = 42;
const LINE_END = Buffer.from("\n");

interface LogQuery {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly timestamps: boolean;
  readonly details: boolean;
  /** A terminal has one output, which needs no frames. */
  readonly isFramed: boolean;
}

/** GET /services/{ref}/logs */
export async function serviceLogs(call: Call): Promise<Answer> {
  const { service } = await call.backend.control.getService({ ref: param(call, "ref") }, { signal: call.signal });
  const { id, spec } = mustHave(service, "the service of an answer");
  return answer(call, id, spec?.task ?? null);
}

/** GET /tasks/{ref}/logs */
export async function taskLogs(call: Call): Promise<Answer> {
  const { task } = await call.backend.control.getTask({ ref: param(call, "ref") }, { signal: call.signal });
  const { id, spec } = mustHave(task, "the task of an answer");
  return answer(call, id, spec);
}

function answer(call: Call, ref: string, task: TaskSpec | null): Answer {
  const { query, minor, clock } = call;
  const isFramed = task?.container?.tty !== true;
  const asked: LogQuery = {
    stdout: query.flag("stdout"),
    stderr: query.flag("stderr"),
    timestamps: query.flag("timestamps"),
    details: query.flag("details"),
    isFramed,
  };
  if (!asked.stdout && !asked.stderr) {
    throw new SwarmError("invalidArgument", "Bad parameters: you must choose at least one stream");
  }
  const tail = query.text("tail", "all");
  const reading: LogReading = {
    ref,
    options: {
      follow: query.flag("follow"),
      // As Docker: what is no number means all.
      tail: /^\d{1,9}$/.test(tail) ? Number(tail) : -1,
      sinceMs: instantMs("since", query.text("since"), clock.wallNow()),
      untilMs: instantMs("until", query.text("until"), clock.wallNow()),
    },
  };
  const type = isFramed && minor >= NAMED_MINOR ? MULTIPLEXED_STREAM : RAW_STREAM;
  return stream(type, piecesOf(call, reading, asked));
}

async function* piecesOf(call: Call, reading: LogReading, asked: LogQuery): AsyncGenerator<Buffer> {
  const { backend, signal } = call;
  const names = new LogNameBook({ control: async () => backend.control, signal }, reading.ref);
  const joiner = new LineJoiner();
  const wanted = ({ stream: from }: LogLine): boolean => (from === "STDERR" ? asked.stderr : asked.stdout);
  for await (const lines of followedLogs(call, reading)) {
    const taken = lines.filter(wanted);
    if (asked.details) await names.learn(taken.map(({ taskId }) => taskId));
    for (const line of taken) for (const part of joiner.push(line)) yield pieceOf(part, names, asked);
  }
  for (const part of joiner.flush()) yield pieceOf(part, names, asked);
}

function pieceOf({ line, texts, begins, ends }: LinePart, names: LogNameBook, asked: LogQuery): Buffer {
  const prefix = begins ? prefixOf(line, names, asked) : "";
  const whole = Buffer.concat([Buffer.from(prefix), ...texts, ends ? LINE_END : Buffer.alloc(0)]);
  return asked.isFramed ? frameOf(line.stream === "STDERR" ? "stderr" : "stdout", whole) : whole;
}

function prefixOf(line: LogLine, { tasks, nodes }: LogNameBook, { timestamps, details }: LogQuery): string {
  const stamp = timestamps ? `${logTimestamp(line)} ` : "";
  if (!details) return stamp;
  const task = tasks.get(line.taskId) ?? null;
  const own = task === null ? new Map<string, string>() : detailsOf(task, nodes.get(line.nodeId));
  // Clients find by these whose line it is.
  const all = new Map([
    ...own,
    ["com.docker.swarm.node.id", line.nodeId],
    ["com.docker.swarm.service.id", task?.serviceId ?? ""],
    ["com.docker.swarm.task.id", line.taskId],
  ]);
  return `${stamp}${formatDetails(all)}`;
}
