import { isRetryable, SwarmError } from "../../../shared/errors.ts";
import { sleep } from "../../../shared/ports/clock.ts";
import type { WatchResponse } from "../../../shared/rpc/gen/control.ts";
import type { Cli } from "../../cli.ts";
import { createView } from "./progress-view.ts";
import { ServiceWaiter } from "./service-waiter.ts";

/** Watches that break in a row, as around a change of leader, before we give up. */
const WATCH_TRIES_MAX = 30;
const WATCH_AGAIN_MS = 300;

/**
 * Shows progress until the service runs as wanted and has done so for its monitor time. Resolves with "detached" when
 * the person presses Ctrl-C: the service goes on without us.
 * @throws SwarmError failedPrecondition when its update is paused, it was removed, or a slot only fails.
 */
export async function waitForService(
  cli: Cli,
  serviceId: string,
  options: { readonly quiet: boolean },
): Promise<"converged" | "detached"> {
  const control = await cli.api.control();
  const waiter = await ServiceWaiter.create(createView(cli.output, options.quiet), cli.clock);
  let broken = 0;
  for (;;) {
    using stop = new DisposableStack();
    const abort = new AbortController();
    stop.defer(() => abort.abort());
    try {
      const messages = control.watch({ serviceId }, { signal: AbortSignal.any([cli.signal, abort.signal]) });
      await waiter.follow(countingFrom(messages, () => (broken = 0)));
      return "converged";
    } catch (error) {
      if (cli.signal.aborted) return "detached";
      if (!isRetryable(error) || ++broken > WATCH_TRIES_MAX) throw error;
      await sleep(cli.clock, WATCH_AGAIN_MS, "watch again", cli.signal).catch(() => {});
    }
  }
}

/** Waits unless told not to, and says what a person should know afterwards. */
export async function finish(cli: Cli, serviceId: string, flags: { is(name: string): boolean }): Promise<void> {
  if (flags.is("detach")) return;
  const outcome = await waitForService(cli, serviceId, { quiet: flags.is("quiet") });
  if (outcome === "detached") {
    cli.output.warn("Operation continuing in background.");
    cli.output.warn(`Use \`swarmctl service ps ${serviceId}\` to check progress.`);
  }
}

async function* countingFrom(
  messages: AsyncIterable<WatchResponse>,
  onMessage: () => void,
): AsyncGenerator<WatchResponse> {
  for await (const message of messages) {
    onMessage();
    yield message;
  }
  // A watch has no end of its own: the manager is stopping.
  throw new SwarmError("unavailable", "the watch ended");
}
