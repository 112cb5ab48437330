import { endsWithin } from "../../shared/ends-within.ts";
import { messageOf, SwarmError } from "../../shared/errors.ts";
import { invariant } from "../../shared/invariant.ts";
import { LEAVE_FORCE_MS_MAX } from "../../shared/leave-limits.ts";
import type { Logger } from "../../shared/log.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { ClusterView } from "../../shared/rpc/gen/dispatcher.ts";
import type { NodeDescription } from "../../shared/rpc/gen/objects.ts";
import { Scope } from "../../shared/scope.ts";
import { unlessAborted } from "../../shared/unless-aborted.ts";
import type { AgentDatabase } from "../ports/agent-database.ts";
import type { BootClock } from "../ports/boot-clock.ts";
import type { CallCarrier } from "../ports/call-carrier.ts";
import type { GuestKeeper } from "../ports/guest-keeper.ts";
import type { HostMembership } from "../ports/host-membership.ts";
import type { HostNetwork } from "../ports/host-network.ts";
import type { LoginKeeper } from "../ports/login-keeper.ts";
import type { NameService } from "../ports/name-service.ts";
import type { TaskExecutor } from "../ports/task-executor.ts";
import type { AgentSession, SessionListener } from "./agent-session.ts";
import { AssignmentApplier } from "./assignment-applier.ts";
import { type AssignmentSet, applyAssignments } from "./assignment-set.ts";
import { ContactWatch } from "./contact-watch.ts";
import { Examinations, type Examine } from "./examinations.ts";
import { KnownManagers } from "./known-managers.ts";
import { LogPublisher } from "./log-publisher.ts";
import { SessionKeeper } from "./session-keeper.ts";
import type { SessionConnection, SessionTransport } from "./session-transport.ts";
import { StatusQueue } from "./status-queue.ts";
import { TaskManager } from "./task-manager.ts";
import { type ReadMeter, UsageReporter } from "./usage-reporter.ts";

/** How long leaving waits for the leader's word; without it the node is judged by its silence. */
export const GOODBYE_MS_MAX = 3_000;

export interface AgentOptions {
  readonly transport: SessionTransport;
  readonly executor: TaskExecutor;
  readonly network: HostNetwork;
  readonly names: NameService;
  readonly logins: LoginKeeper;
  readonly membership: HostMembership;
  readonly database: AgentDatabase;
  readonly describe: () => NodeDescription;
  /** Resolves when the description is to be sent without delay; absent = a change is found within 20 s. */
  readonly isDescribedAnew?: ((signal: AbortSignal) => Promise<void>) | undefined;
  readonly bootClock: BootClock;
  readonly examine: Examine;
  readonly readMeter: ReadMeter;
  readonly carrier: CallCarrier;
  readonly guests: GuestKeeper;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface AgentIdentity {
  readonly nodeId: string;
  /** HOST:PORT of managers to start with; later ones come from the leader and are remembered. */
  readonly managers: readonly string[];
}

export interface AgentListener {
  /** This host's own object, the managers, the root certificate: at the start and when they change. */
  onClusterView(view: ClusterView): void;
  /** The cluster no longer knows this node. */
  onRemoved(): void;
}

/** The worker of one host, from start to stop or leave. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #listener: AgentListener;
  readonly #scope: Scope;
  readonly #statuses = new StatusQueue();
  readonly #managers: KnownManagers;
  /** The latest of the managers' eras that this host has heard of. */
  #era: number;
  readonly #tasks: TaskManager;
  readonly #contact: ContactWatch;
  readonly #applier: AssignmentApplier;
  readonly #publisher: LogPublisher;
  readonly #examinations: Examinations;
  readonly #usage: UsageReporter;
  readonly #keeper: SessionKeeper;
  readonly #registered = Promise.withResolvers<void>();
  readonly #keeping = Promise.withResolvers<void>();

  /**
   * Starts it: what it remembers is restored first, before any manager is reached. Earlier tasks are adopted and
   * networks restored; then it looks for the leader.
   */
  static async start(identity: AgentIdentity, listener: AgentListener, options: AgentOptions): Promise<Agent> {
    let stored = await options.database.load();
    if (stored.nodeId !== identity.nodeId) {
      // Records of an earlier node on this host are not ours; its containers are removed when the first full set has
      // arrived.
      await options.database.wipe();
      await options.database.write({ nodeId: identity.nodeId, managers: identity.managers });
      stored = {
        ...stored,
        nodeId: identity.nodeId,
        managers: identity.managers,
        era: 0,
        tasks: [],
        networks: [],
        gossip: null,
        heard: null,
      };
    }
    // Not adopted, so its container is like any that no task owns: the first full set takes it over, or it goes.
    for (const what of stored.unreadable) options.log.warn("set aside a record that cannot be understood", { ...what });
    return new Agent(identity, listener, options, stored);
  }

  private constructor(
    identity: AgentIdentity,
    listener: AgentListener,
    options: AgentOptions,
    stored: Awaited<ReturnType<AgentDatabase["load"]>>,
  ) {
    this.#options = options;
    this.#listener = listener;
    this.#scope = new Scope(options.log);
    this.#era = stored.era;
    this.#managers = new KnownManagers([...stored.managers, ...identity.managers], options.random.fork("managers"));
    const report = (...status: Parameters<StatusQueue["note"]>): void => {
      this.#statuses.note(...status);
      this.#keeper.session?.onStatuses();
    };
    this.#tasks = new TaskManager({ ...options, random: options.random.fork("tasks"), report }, this.#scope);
    this.#contact = new ContactWatch(stored.heard, { ...options, tasks: this.#tasks });
    this.#applier = new AssignmentApplier(stored.networks, { ...options, tasks: this.#tasks });
    this.#publisher = new LogPublisher(options);
    this.#examinations = new Examinations(options);
    this.#usage = new UsageReporter(options);
    this.#keeper = new SessionKeeper({
      ...options,
      random: options.random.fork("sessions"),
      managers: this.#managers,
      statuses: this.#statuses,
      listen: (session, connection, signal) => this.#listen(session, connection, signal),
      onContact: (sentAtMs) => this.#contact.onContact(sentAtMs),
      onSessionOver: () => {
        this.#applier.onSessionOver();
        options.guests.onSessionOver();
      },
      onRemoved: () => listener.onRemoved(),
    });
    this.#registered.promise.catch(() => {});
    if (stored.gossip !== null) options.membership.know(stored.gossip);
    this.#scope.own(this.#applier);
    let gone = options.membership.gone();
    this.#scope.own(
      options.membership.onChange(() => {
        const [before, now] = [gone, options.membership.gone()];
        gone = now;
        if ([...before].some((nodeId) => !now.has(nodeId))) this.#keeper.hurry();
        this.#keeper.session?.onGossip();
      }),
    );
    options.names.setTasks(new Map(stored.tasks.map((task) => [task.id, task])));
    this.#tasks.adopt(stored.tasks);
    // Before any of them takes its next step: one whose time ended while no daemon ran must not be started.
    this.#contact.look();
    this.#scope.spawn("contact", (signal) => this.#contact.run(signal));
    this.#scope.spawn("assignments", (signal) => this.#applier.run(signal));
    this.#scope.spawn("session", (signal) => this.#keeper.run(signal).finally(() => this.#keeping.resolve()));
  }

  /** Resolves when the agent has ended, by itself only because of a bug: then `failure` is set. */
  get ended(): Promise<void> {
    return this.#scope.ended;
  }

  get failure(): unknown {
    return this.#scope.failure;
  }

  /** Resolves once a leader has accepted a session. @throws the signal's reason when aborted first. */
  async registered(signal: AbortSignal): Promise<void> {
    await unlessAborted(this.#registered.promise, signal);
  }

  /** Tasks of this host, as last assigned, with their status as known here. */
  tasks(): readonly Task[] {
    return this.#tasks.records();
  }

  /** Ends the daemon's part. Containers keep running unless told otherwise; the database is closed. */
  async stop({ keepContainers }: { readonly keepContainers: boolean }): Promise<void> {
    this.#registered.reject(new SwarmError("unavailable", "the worker is stopping"));
    await this.#scope.end(new SwarmError("cancelled", "the worker is stopping"));
    if (!keepContainers) await this.#tasks.stopContainers();
    await this.#options.database.close();
  }

  /**
   * Leaves the swarm: tells the leader, which ends the session once other hosts send nothing new here; stops and
   * removes all tasks, takes the networks down, forgets everything. `goodbye` tells the other hosts that this one is
   * gone: after its last task, since that cuts off what is under way, but at once where no leader has told them.
   * Resolves with the names of containers that are left, since nothing ended or removed them within the limits
   * (shared/leave-limits.ts).
   */
  async leave(goodbye: () => Promise<void> = async () => {}): Promise<readonly string[]> {
    const { network, database, clock } = this.#options;
    const wasInSession = this.#keeper.session !== null;
    this.#keeper.leave();
    const isHeard = await endsWithin(GOODBYE_MS_MAX, this.#keeping.promise, clock);
    const early = wasInSession && isHeard ? null : goodbye();
    const isClear = await endsWithin(this.#tasks.leaveMsMax, this.#tasks.removeAll(), clock);
    invariant(!isClear || this.#tasks.taskIds.length === 0, "a host that has left runs nothing");
    // Also cuts short what waits for a container: only then is its task free for a removal by force.
    const over = this.#scope.end(new SwarmError("cancelled", "the node has left the swarm"));
    await endsWithin(LEAVE_FORCE_MS_MAX, over, clock);
    const left = await this.#tasks.removeByForce();
    await (early ?? goodbye());
    // Even if something fails: left open, the database would keep this host out of every swarm until its daemon is
    // restarted.
    await using _closing = { [Symbol.asyncDispose]: () => database.close() };
    try {
      await network.teardown();
    } finally {
      await database.wipe();
    }
    return left;
  }

  #listen(session: () => AgentSession, connection: SessionConnection, signal: AbortSignal): SessionListener {
    let known: AssignmentSet | null = null;
    const onApplied = (revision: number): void => session().onApplied(revision);
    return {
      onRegistered: () => {
        this.#registered.resolve();
        this.#options.guests.onSession(connection.guests);
      },
      onClusterView: (view) => this.#onClusterView(view),
      onAssignments: (assignments) => {
        known = applyAssignments(known, assignments);
        if (!known.isPartial) known = this.#applier.want(known, onApplied);
      },
      onLogSubscription: (subscription) =>
        this.#publisher.onSubscription(subscription, (ended) => connection.publishLogs(ended), signal),
      onExamination: (examination) =>
        this.#examinations.begin(examination, (report) => session().onExamined(report), signal),
      onUsageRequest: (request) => this.#usage.begin(request, (report) => session().onUsage(report), signal),
      onOpenCall: (request) => this.#options.carrier.take(request, (ended) => connection.carry(ended), signal),
    };
  }

  /** @throws SwarmError failedPrecondition, which ends the session, when these managers are the swarm's no more. */
  #onClusterView(view: ClusterView): void {
    if (view.era < this.#era) throw lostManagers();
    this.#era = view.era;
    this.#managers.replace(view.managers);
    const gossip = view.gossipKeys && { keys: view.gossipKeys, addresses: view.gossipAddresses };
    const change = { managers: this.#managers.addresses, era: view.era, ...(gossip && { gossip }) };
    this.#options.database.write(change).catch((error: unknown) => {
      this.#options.log.warn("could not store the managers' addresses", { error: messageOf(error) });
    });
    if (gossip !== null) this.#options.membership.know(gossip);
    this.#listener.onClusterView(view);
  }
}

/** They were lost, and the swarm went on without them: what they want of this host counts no more. */
function lostManagers(): SwarmError {
  return new SwarmError(
    "failedPrecondition",
    "this manager is one of those that were lost: the swarm was made anew without it (init --force-new-cluster), so nothing is taken from it. If it is to come back, leave with --force there, and join the swarm again",
  );
}
