import { SwarmError } from "../../../shared/errors.ts";
import type { ContainerKey } from "../../../shared/ids.ts";
import { mustHave } from "../../../shared/invariant.ts";
import { parseSignal, SIGKILL } from "../../../shared/linux/signals.ts";
import { containerIdOf } from "../../../shared/objects/container-id.ts";
import { hasLabel } from "../../../shared/objects/labels.ts";
import { slotName, taskName } from "../../../shared/objects/task-name.ts";
import type { Task, TaskSpec } from "../../../shared/objects/types.ts";
import type { Clock } from "../../../shared/ports/clock.ts";
import type {
  ContainerConfig,
  ContainerSummary,
  UpdateContainerRequest,
  WaitContainerRequest,
} from "../../../shared/rpc/gen/containers.ts";
import { type RpcHandlers, serverStream, unary } from "../../../shared/rpc/handler.ts";
import type { services } from "../../../shared/rpc/schema.ts";
import type { CommandRunner } from "../../ports/command-runner.ts";
import type { EventLog } from "../events/event-log.ts";
import { checkConfig } from "./check-config.ts";
import type { ContainerLife } from "./container-life.ts";
import { type DescribeParts, detailsOfOwn, detailsOfTask, summaryOfOwn, summaryOfTask } from "./describe.ts";
import { fileBytes } from "./file-bytes.ts";
import { changedControls, resourcesOf } from "./limits.ts";
import type { OwnContainers } from "./own-containers.ts";
import { findContainer, type Known } from "./reference.ts";

export interface ContainerHandlersParts extends DescribeParts {
  readonly own: OwnContainers;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly commands: CommandRunner;
  /** Those that this host has of the swarm. */
  readonly tasks: () => readonly Task[];
}

/** A grace period "for ever": as long as a timer can wait. */
const FOREVER_MS = 2 ** 31 - 1;

/** What a reference may mean. */
export function knownContainers(parts: Pick<ContainerHandlersParts, "own" | "tasks" | "executor">): readonly Known[] {
  const own = parts.own.all().map(({ id, config, state }) => {
    return { key: id, id, name: config.name, slot: null, isRunning: state === "RUNNING" };
  });
  const ofTasks = parts
    .tasks()
    .filter(({ id }) => parts.executor.record(id) !== null)
    .map((task) => ({
      key: task.id,
      id: containerIdOf(task.id),
      name: taskName(task),
      slot: slotName(task),
      isRunning: task.status.state === "RUNNING",
    }));
  return [...own, ...ofTasks];
}

type Containers = RpcHandlers<typeof services.containers>;
type LookingNames = "wait" | "watchEnd" | "inspect" | "list" | "events";

/** The service Containers of this host. */
export function containerHandlers(parts: ContainerHandlersParts): Containers {
  return { ...lookingHandlers(parts), ...changingHandlers(parts), ...startingHandlers(parts) };
}

function find(parts: Parameters<typeof knownContainers>[0], ref: string): Known {
  return findContainer(knownContainers(parts), ref);
}

/** @throws SwarmError failedPrecondition for a container of a task, which its manager would bring back. */
export function lifeOf(parts: ContainerHandlersParts, ref: string): ContainerLife {
  const { key, name } = find(parts, ref);
  const life = parts.own.get(key);
  if (life !== undefined) return life;
  throw new SwarmError(
    "failedPrecondition",
    `container ${name} belongs to a service, which would replace it: change the service instead`,
  );
}

function lookingHandlers(parts: ContainerHandlersParts): Pick<Containers, LookingNames> {
  const { own, events, tasks } = parts;
  return {
    wait: unary(async (request, { signal }) => await lookForEnd(parts, request)(signal)),
    watchEnd: serverStream(async (request, { signal }, send) => {
      const end = lookForEnd(parts, request);
      await send({ watching: { id: find(parts, request.ref).id } });
      await send({ end: await end(signal) });
    }),
    inspect: unary(async ({ ref, sizes }) => {
      const { key } = find(parts, ref);
      const life = own.get(key);
      const task = tasks().find(({ id }) => id === key);
      const container =
        life !== undefined
          ? await detailsOfOwn(life, parts)
          : task === undefined
            ? null
            : await detailsOfTask(task, parts);
      if (container === null || container.summary === null)
        throw new SwarmError("notFound", `No such container: ${ref}`);
      if (!sizes) return { container };
      const [summary = container.summary] = await withSizes(parts, [container.summary]);
      return { container: { ...container, summary } };
    }),
    list: unary(async ({ all, sizes }) => {
      const ofTasks = await Promise.all(tasks().map((task) => summaryOfTask(task, parts)));
      const every = [
        ...own.all().map((life) => summaryOfOwn(life, parts)),
        ...ofTasks.filter((summary) => summary !== null),
      ];
      const shown = every.filter(
        ({ state }) => all || state === "RUNNING" || state === "PAUSED" || state === "RESTARTING",
      );
      const ordered = shown.sort((one, other) => other.createdAtMs - one.createdAtMs);
      return { containers: sizes ? await withSizes(parts, ordered) : ordered };
    }),
    events: serverStream(async ({ sinceMs, untilMs, after }, { signal }, send) => {
      const until = new AbortController();
      using _timer =
        untilMs === 0
          ? null
          : parts.clock.schedule(untilIn(parts.clock, untilMs), "engine: events", () => until.abort());
      await events.read({ sinceMs, after }, AbortSignal.any([signal, until.signal]), (event) => send(event));
    }),
  };
}

type StartingNames = "create" | "start" | "stop" | "restart" | "pause" | "unpause";

function startingHandlers(parts: ContainerHandlersParts): Pick<Containers, StartingNames> {
  const { own } = parts;
  const changing = (work: (life: ContainerLife) => Promise<void>) =>
    unary(async ({ ref }: { readonly ref: string }) => {
      const life = lifeOf(parts, ref);
      await work(life);
      return { id: life.id };
    });
  return {
    create: serverStream(async ({ config, pull }, { signal }, send) => {
      if (config === null) throw new SwarmError("invalidArgument", "a container needs a configuration");
      let sending: Promise<void> = Promise.resolve();
      const life = await own.create(config, pull, signal, (progress) => {
        sending = sending.then(() => send({ progress })).catch(() => {});
      });
      await sending;
      await send({ id: life.id, name: life.config.name });
    }),
    start: unary(async ({ ref }) => {
      const life = lifeOf(parts, ref);
      return { id: life.id, wasSo: !(await life.start()) };
    }),
    stop: unary(async ({ ref, graceMs, signal }) => {
      const life = lifeOf(parts, ref);
      if (signal !== "") parseSignal(signal);
      return { id: life.id, wasSo: !(await life.stop(graceOf(graceMs), signal)) };
    }),
    restart: unary(async ({ ref, graceMs, signal }) => {
      const life = lifeOf(parts, ref);
      if (signal !== "") parseSignal(signal);
      await life.restart(graceOf(graceMs), signal);
      return { id: life.id };
    }),
    pause: changing((life) => life.pause(true)),
    unpause: changing((life) => life.pause(false)),
  };
}

function changingHandlers(parts: ContainerHandlersParts): Omit<Containers, LookingNames | StartingNames> {
  const { own, executor } = parts;
  return {
    kill: unary(async ({ ref, signal }) => {
      const { key, id, name } = find(parts, ref);
      const life = own.get(key);
      if (life !== undefined) await life.kill(signal);
      else if (!(await executor.kill(key, signal === "" ? SIGKILL : parseSignal(signal))))
        throw new SwarmError("failedPrecondition", `cannot kill container: ${name}: container ${id} is not running`);
      return { id };
    }),
    remove: unary(async ({ ref, force, volumes }) => {
      const life = lifeOf(parts, ref);
      await life.remove({ force, keepVolumes: !volumes });
      return { id: life.id };
    }),
    rename: unary(async ({ ref, name }) => {
      const life = lifeOf(parts, ref);
      await own.rename(life, name.replace(/^\//, ""));
      return { id: life.id };
    }),
    unlink: unary(async ({ ref, alias }) => {
      const life = lifeOf(parts, ref);
      await own.unlink(life, alias);
      return { id: life.id };
    }),
    update: unary(async (request) => {
      const life = lifeOf(parts, request.ref);
      const config = withChanges(life.config, request);
      checkConfig(config);
      const host = parts.executor.checkLimits(mustHave(config.task, "the task of a configuration") as TaskSpec);
      await life.update(config, resourcesOf(request, config, host));
      return { id: life.id };
    }),
    prune: unary(async ({ untilMs, labels, withoutLabels }) => {
      const gone: string[] = [];
      let bytes = 0;
      for (const life of own.all()) {
        if (life.state !== "CREATED" && life.state !== "EXITED") continue;
        const has = (wanted: string): boolean => hasLabel(life.config.task?.container?.labels ?? {}, wanted);
        if (untilMs > 0 && life.stored.createdAtMs >= untilMs) continue;
        if (!labels.every(has) || withoutLabels.some(has)) continue;
        // Changed files and the log.
        const own = await fileBytes(parts.commands, executor.paths(life.id).data);
        await life.remove({ force: false, keepVolumes: true });
        gone.push(life.id);
        bytes += Math.max(0, own);
      }
      parts.events.note("container", "prune", "", { reclaimed: String(bytes) });
      return { ids: gone, bytes };
    }),
  };
}

/** One after the other: it is the disk's work. */
async function withSizes(
  { executor, commands }: ContainerHandlersParts,
  containers: readonly ContainerSummary[],
): Promise<readonly ContainerSummary[]> {
  const sized: ContainerSummary[] = [];
  for (const each of containers) {
    const key = (each.taskId === "" ? each.id : each.taskId) as ContainerKey;
    sized.push({ ...each, ownBytes: await fileBytes(commands, executor.paths(key).upper) });
  }
  return sized;
}

/** Looks at a container from now on; what is returned waits until the condition holds. @throws SwarmError notFound. */
function lookForEnd(
  { own, executor, tasks }: ContainerHandlersParts,
  { ref, condition }: WaitContainerRequest,
): (signal: AbortSignal) => Promise<{ readonly exitCode: number; readonly error: string }> {
  const { key } = find({ own, executor, tasks }, ref);
  const life = own.get(key);
  if (life === undefined) {
    return async (signal) => {
      const { exitCode, cause } = await executor.wait(key, signal);
      return { exitCode, error: cause };
    };
  }
  const { finishedAtMs: before } = life.stored;
  const isOver = (): boolean => {
    const { state, isGone, stored } = life;
    switch (condition) {
      case "REMOVED":
        return isGone;
      case "NEXT_EXIT":
        return isGone || stored.finishedAtMs > before;
      case "NOT_RUNNING":
        return isGone || state === "CREATED" || state === "EXITED";
    }
  };
  return async (signal) => {
    while (!isOver()) await life.changed(signal);
    return { exitCode: life.stored.exitCode, error: life.stored.error };
  };
}

function untilIn(clock: Clock, untilMs: number): number {
  return Math.min(FOREVER_MS, Math.max(0, untilMs - clock.wallNow()));
}

function graceOf(graceMs: number | undefined): number | undefined {
  return graceMs === undefined || graceMs >= 0 ? graceMs : FOREVER_MS;
}

function withChanges(config: ContainerConfig, request: UpdateContainerRequest): ContainerConfig {
  const { task } = config;
  if (task === null) return config;
  const none = { nanoCpus: 0, memoryBytes: 0, pids: 0, generic: [] };
  const limits = task.limits ?? none;
  const reservations = task.reservations ?? none;
  return {
    ...config,
    restart: request.restart ?? config.restart,
    task: {
      ...task,
      limits: {
        ...limits,
        nanoCpus: request.nanoCpus ?? limits.nanoCpus,
        memoryBytes: request.memoryBytes ?? limits.memoryBytes,
        pids: request.pids ?? limits.pids,
      },
      reservations: { ...reservations, memoryBytes: request.memoryReservationBytes ?? reservations.memoryBytes },
      ...(request.swapBytes === undefined ? {} : { swapBytes: request.swapBytes }),
      controls: changedControls(task.controls, request),
    },
  };
}
