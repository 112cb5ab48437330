import type { Cli } from "../cli.ts";
import type { ProgressView } from "../service/progress/progress-view.ts";
import { type Written, waitForService } from "../service/progress/wait-for-service.ts";

/** A service as it was written, or as it was found. */
export interface Awaited extends Written {
  readonly name: string;
  /** It was not written now: that it runs is enough, without watching whether it stays so. */
  readonly isKept: boolean;
  /** Keys of the services that it waits for itself. */
  readonly dependsOn: readonly string[];
}

/** Waits until a service runs as wanted. @throws SwarmError failedPrecondition that says why it cannot. */
export async function waitFor(cli: Cli, service: Awaited, view: ProgressView): Promise<void> {
  await waitForService(cli, service, view, { isWatched: !service.isKept });
}
