import { messageOf } from "../shared/errors.ts";
import type { Logger } from "../shared/log.ts";
import { type Clock, sleep } from "../shared/ports/clock.ts";
import type { WorkerRuntime } from "./runtimes.ts";

/** How long `join` waits for the first session before it returns and leaves it to the background. */
const JOIN_WAIT_MS = 20_000;

export async function waitForFirstSession(worker: WorkerRuntime, clock: Clock, log: Logger): Promise<void> {
  const timeout = new AbortController();
  const timer = sleep(clock, JOIN_WAIT_MS, "join: first session", timeout.signal).then(
    () => timeout.abort(new Error("no session yet")),
    () => {},
  );
  try {
    await worker.registered(timeout.signal);
  } catch (error) {
    log.warn("joined, but no session with the leader yet", { error: messageOf(error) });
  } finally {
    timeout.abort();
    await timer;
  }
}
