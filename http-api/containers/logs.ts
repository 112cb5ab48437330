import { SwarmError } from "../../shared/errors.ts";
import { containerDetails } from "../../shared/logs/log-details.ts";
import { logTimestamp } from "../../shared/logs/log-timestamp.ts";
import type { ContainerLogLine, ReadLogRequest } from "../../shared/rpc/gen/streams.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import { type Answer, stream } from "../answer.ts";
import { frameOf } from "../frames.ts";
import { instantMs } from "../instants.ts";
import type { Call } from "../route.ts";
import { streamType } from "../talk.ts";
import { type Place, placeOf } from "./place.ts";

const LINE_END = Buffer.from("\n");
const NOTHING = Buffer.alloc(0);

/** What a container wrote, and goes on writing. */
export async function logs(call: Call): Promise<Answer> {
  const { query, minor, signal, clock } = call;
  const wanted = { STDOUT: query.flag("stdout"), STDERR: query.flag("stderr") };
  if (!wanted.STDOUT && !wanted.STDERR) {
    throw new SwarmError("invalidArgument", "Bad parameters: you must choose at least one stream");
  }
  const tail = query.text("tail", "all");
  const asked = {
    follow: query.flag("follow"),
    // As Docker: what is no number means all.
    tail: /^\d{1,9}$/.test(tail) ? Number(tail) : -1,
    sinceMs: instantMs("since", query.text("since"), clock.wallNow()),
    untilMs: instantMs("until", query.text("until"), clock.wallNow()),
  };
  const place = await placeOf(call);
  const { tty, keepsNoLog } = await place.engine.streams.locate({ container: place.ref }, { signal });
  if (keepsNoLog) throw new SwarmError("unimplemented", "configured logging driver does not support reading");
  // A blank parts them from the line, also where there are none.
  const details = query.flag("details") ? (await detailsOf(place, signal)) || " " : "";
  const withTime = query.flag("timestamps");
  const prefixOf = (line: ContainerLogLine): string => `${withTime ? `${logTimestamp(line)} ` : ""}${details}`;
  const lines = linesOf(place, asked, signal);
  return stream(streamType(tty, minor), piecesOf(lines, wanted, prefixOf, tty));
}

async function* linesOf(
  { engine, ref }: Place,
  asked: Sendable<ReadLogRequest>,
  signal: AbortSignal,
): AsyncGenerator<ContainerLogLine> {
  for await (const { lines } of engine.streams.readLog({ container: ref, ...asked }, { signal })) yield* lines;
}

/** A line that came in pieces has what precedes it once. */
async function* piecesOf(
  lines: AsyncIterable<ContainerLogLine>,
  wanted: Readonly<Record<ContainerLogLine["stream"], boolean>>,
  prefixOf: (line: ContainerLogLine) => string,
  tty: boolean,
): AsyncGenerator<Buffer> {
  const open = new Set<ContainerLogLine["stream"]>();
  for await (const line of lines) {
    if (!wanted[line.stream]) continue;
    const prefix = open.has(line.stream) ? NOTHING : Buffer.from(prefixOf(line));
    if (line.partial) open.add(line.stream);
    else open.delete(line.stream);
    const whole = Buffer.concat([prefix, line.text, line.partial ? NOTHING : LINE_END]);
    yield tty ? whole : frameOf(line.stream === "STDERR" ? "stderr" : "stdout", whole);
  }
}

/** What the container's log options add to each line. */
async function detailsOf({ engine, ref }: Place, signal: AbortSignal): Promise<string> {
  const { container } = await engine.containers.inspect({ ref, sizes: false }, { signal });
  return containerDetails(container);
}
