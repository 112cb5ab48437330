import { connect } from "node:net";

/** How long to wait for the answer that tells a live daemon's socket from a stale one. */
const STALE_PROBE_TIMEOUT_MS = 1_000;

/** Whether a process listens on a unix socket: its file outlives a process that was killed. */
export function someoneAnswers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path, timeout: STALE_PROBE_TIMEOUT_MS });
    const answer = (alive: boolean): void => {
      probe.destroy();
      resolve(alive);
    };
    probe.once("connect", () => answer(true));
    // A full backlog means that a daemon has it but is busy, so it is not stale.
    probe.once("timeout", () => answer(true));
    probe.once("error", (error: NodeJS.ErrnoException) => answer(error.code === "EAGAIN"));
  });
}
