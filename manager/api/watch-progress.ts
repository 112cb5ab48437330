import { Bell } from "../../shared/bell.ts";
import { SwarmError } from "../../shared/errors.ts";
import type { ServiceId } from "../../shared/ids.ts";
import { sleep } from "../../shared/ports/clock.ts";
import type { ServiceProgress, WatchServiceProgressRequest } from "../../shared/rpc/gen/control.ts";
import type { Send } from "../../shared/rpc/handler.ts";
import type { Change, Commit, ReadView } from "../store/store-types.ts";
import { waitingSentence } from "../tasks/dependencies.ts";
import { changesFitness } from "../tasks/node-fitness.ts";
import { sameData } from "../tasks/same-data.ts";
import { NO_PROGRESS, serviceProgress } from "../tasks/service-progress.ts";
import { isolate, type Trouble, TroubleBook, troubleSentence } from "../trouble.ts";
import type { ApiContext } from "./api-context.ts";

/**
 * Shortest time between two messages to a watcher: people cannot follow anything faster, and a pass looks at all tasks.
 */
export const PROGRESS_EVERY_MS = 200;
/**
 * A pause is at least this many times as long as the pass before it, which takes about 15 ms for 10,000 tasks: so one
 * watcher costs the leader at most a twentieth of its time.
 */
const REST_TO_PASS = 20;

/**
 * Sends a service's progress, and again whenever it has changed. There is no queue: however fast things change and
 * however slowly they are read, each message describes the state at the moment it is sent. Resolves when the service no
 * longer exists, or the caller is gone.
 * @throws SwarmError unavailable when this manager does not lead, or no longer leads.
 */
export async function watchServiceProgress(
  api: Pick<ApiContext, "store" | "raft" | "clock" | "log" | "random">,
  request: WatchServiceProgressRequest,
  signal: AbortSignal,
  send: Send<ServiceProgress>,
): Promise<void> {
  const serviceId = request.serviceId as ServiceId;
  // A leader that has been replaced without knowing it would take a new service for a removed one.
  await api.raft.readBarrier();
  using changes = new Changes(api, serviceId);
  const troubles = new TroubleBook(api.log, api.random);
  let sent: ServiceProgress | null = null;
  try {
    for (;;) {
      const beganMs = api.clock.now();
      const progress = progressOrTrouble(api.store.view(), serviceId, troubles);
      const restMs = Math.max(PROGRESS_EVERY_MS, REST_TO_PASS * (api.clock.now() - beganMs));
      if (sent === null || !sameData({ ...progress, version: 0 }, { ...sent, version: 0 })) {
        await send(progress);
        sent = progress;
      }
      if (progress.removed) return;
      await sleep(api.clock, restMs, "service progress", signal);
      await changes.next(signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function progressOf(view: ReadView, serviceId: ServiceId): ServiceProgress {
  const progress = serviceProgress(view, serviceId);
  const service = view.get("service", serviceId);
  if (service === undefined || progress.converged) return progress;
  return { ...progress, waiting: waitingSentence(view, service) };
}

/** If our own code throws over the service, whoever is waiting is told so, just as the loops show it on the service. */
function progressOrTrouble(view: ReadView, serviceId: ServiceId, troubles: TroubleBook): ServiceProgress {
  const about = `progress of service ${serviceId}`;
  const met: Trouble[] = [];
  const progress = isolate<ServiceProgress | null>(met, about, () => progressOf(view, serviceId), null);
  if (progress !== null) {
    troubles.succeeded(about);
    return progress;
  }
  for (const trouble of met) troubles.failed(trouble);
  const service = view.get("service", serviceId);
  return {
    ...NO_PROGRESS,
    version: view.version,
    name: serviceId,
    generation: service?.generation ?? 0,
    troubles: [...(service?.troubles ?? []), { loop: "progress", sentence: troubleSentence(met[0]?.error) }],
  };
}

/** Rings when the progress of one service may have changed. */
class Changes implements Disposable {
  readonly #bell = new Bell();
  readonly #subscriptions = new DisposableStack();
  #failure: SwarmError | null = null;

  constructor({ store, raft }: Pick<ApiContext, "store" | "raft">, serviceId: ServiceId) {
    this.#subscriptions.use(
      store.subscribe((commit) => {
        if (concerns(commit, serviceId)) this.#bell.ring();
      }),
    );
    this.#subscriptions.use(
      raft.onLeadership((state) => {
        if (state === "leading") return;
        this.#failure = new SwarmError("unavailable", "this manager no longer leads the swarm");
        this.#bell.ring();
      }),
    );
  }

  /** Resolves when something has changed since the last call. @throws SwarmError when the leadership is lost. */
  async next(signal: AbortSignal): Promise<void> {
    if (this.#failure === null) await this.#bell.next(signal);
    if (this.#failure !== null) throw this.#failure;
  }

  [Symbol.dispose](): void {
    this.#subscriptions.dispose();
  }
}

function concerns({ resync, changes }: Commit, serviceId: ServiceId): boolean {
  return resync || changes.some((change) => isFor(change, serviceId));
}

function isFor(change: Change, serviceId: ServiceId): boolean {
  switch (change.kind) {
    case "service":
      return change.object.id === serviceId;
    case "task":
      return change.object.serviceId === serviceId;
    case "node":
      // A host's name, labels or availability may matter to any service.
      return changesFitness(change);
    default:
      return false;
  }
}
