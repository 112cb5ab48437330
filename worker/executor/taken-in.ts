import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { ProcessIdentity, ProcessTable } from "../ports/process-table.ts";

/** A server that is not overloaded takes in what comes within a millisecond; one that hangs must not live on. */
export const TAKE_IN_MS_MAX = 1_000;
const POLL_MS = 20;

/** As /proc/net/tcp has them: established, ended by the other side, listening. */
const RECEIVING = ["01", "08", "0A"];

/**
 * Waits, for TAKE_IN_MS_MAX at most, until a container has taken in everything that came to it: connections that it
 * has not accepted, and bytes that it has not read. When a task is told to end, nothing new is sent to it any more; but
 * many servers (nginx for one) then close what they have not looked at yet, and clients see a reset on a new
 * connection. A machine that is overloaded lets a server wait for a tenth of a second before it runs.
 * @throws the signal's reason.
 */
export async function untilTakenIn(
  process: ProcessIdentity,
  { processes, clock }: { readonly processes: ProcessTable; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  const deadline = clock.now() + TAKE_IN_MS_MAX;
  while (hasWaiting(await processes.connections(process.pid)) && clock.now() < deadline)
    await sleep(clock, POLL_MS, "executor: what came to the task", signal);
}

/**
 * Whether bytes or connections wait for a program. `table` is made of lines of /proc/net/tcp or tcp6; a listening
 * socket's receive queue holds connections, another's bytes.
 */
export function hasWaiting(table: string): boolean {
  return table.split("\n").some((line) => {
    const [, state = "", received = ""] =
      /^\s*\d+: [0-9A-F]+:[0-9A-F]{4} [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) [0-9A-F]{8}:([0-9A-F]{8}) /.exec(line) ?? [];
    return RECEIVING.includes(state) && Number.parseInt(received, 16) > 0;
  });
}
