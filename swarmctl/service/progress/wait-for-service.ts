import { isRetryable, SwarmError } from "../../../shared/errors.ts";
import { sleep } from "../../../shared/ports/clock.ts";
import type { ServiceProgress } from "../../../shared/rpc/gen/control.ts";
import type { Service } from "../../../shared/rpc/gen/objects.ts";
import type { Cli } from "../../cli.ts";
import { printFailedTask } from "./failed-task.ts";
import { createView, type ProgressView } from "./progress-view.ts";
import { ServiceWaiter } from "./service-waiter.ts";

/** Streams that break in a row, as around a change of leader, before we give up. */
const WATCH_TRIES_MAX = 30;
const WATCH_AGAIN_MS = 300;

type Asked = ConstructorParameters<typeof ServiceWaiter>[2];

/** A service as a command has written it: that is the spec to wait for, not the one before. */
export type Written = Pick<Service, "id" | "generation">;

/**
 * Waits unless told not to, and prints what a person should know afterwards, also which task failed and what it said
 * last. `isRun`: for a run that has just begun, even where the schedule begins the others. @throws as waitForService
 * does.
 */
export async function finish(
  cli: Cli,
  written: Written,
  flags: { is(name: string): boolean },
  { isRun = false } = {},
): Promise<void> {
  if (flags.is("detach")) return;
  const view = createView(cli.output, flags.is("quiet"));
  const outcome = await waitForService(cli, written, view, { isRun }).catch(async (error: unknown) => {
    const isFailure = error instanceof SwarmError && error.code === "failedPrecondition";
    if (isFailure) await printFailedTask(cli, written.id);
    throw error;
  });
  if (outcome === "detached") {
    cli.output.warn("Operation continuing in background.");
    cli.output.warn(`Use \`swarmctl service ps ${written.id}\` to check progress.`);
  }
}

/**
 * Shows progress until the service runs as wanted and, if it is watched, has done so for its monitor time. Resolves
 * with "detached" when the person presses Ctrl-C: the service carries on without us.
 * @throws SwarmError failedPrecondition when its update is paused or rolled back, it was removed, or a slot keeps
 * failing.
 */
export async function waitForService(
  cli: Cli,
  { id, generation }: Written,
  view: ProgressView,
  { isWatched = true, ...how }: { readonly isWatched?: boolean } & Pick<Asked, "isRun" | "isPatient"> = {},
): Promise<"converged" | "detached"> {
  const control = await cli.api.control();
  const waiter = new ServiceWaiter(view, cli.clock, { generation, ...how });
  let broken = 0;
  for (;;) {
    using stop = new DisposableStack();
    const abort = new AbortController();
    stop.defer(() => abort.abort());
    try {
      const signal = AbortSignal.any([cli.signal, abort.signal]);
      const messages = control.watchServiceProgress({ serviceId: id }, { signal });
      await waiter.follow(countingFrom(messages, isWatched, () => (broken = 0)));
      return "converged";
    } catch (error) {
      if (cli.signal.aborted) return "detached";
      if (error instanceof SwarmError && error.code === "unimplemented") {
        cli.output.warn("The leading manager runs an earlier release and does not report the progress of the service.");
        return "detached";
      }
      if (!isRetryable(error) || ++broken > WATCH_TRIES_MAX) throw error;
      await sleep(cli.clock, WATCH_AGAIN_MS, "watch again", cli.signal).catch(() => {});
    }
  }
}

async function* countingFrom(
  messages: AsyncIterable<ServiceProgress>,
  isWatched: boolean,
  onMessage: () => void,
): AsyncGenerator<ServiceProgress> {
  for await (const message of messages) {
    onMessage();
    yield isWatched ? message : { ...message, monitorMs: 0 };
  }
  // The stream ends by itself only for removed services, so the manager is stopping.
  throw new SwarmError("unavailable", "the stream of progress ended");
}
