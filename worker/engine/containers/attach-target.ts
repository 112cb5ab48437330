import type { Task } from "../../../shared/objects/types.ts";
import type { ContainerExecutor } from "../../executor/container-executor.ts";
import type { StdinLife } from "../../runtime/launch-command.ts";
import type { ContainerLife } from "./container-life.ts";
import { knownContainers } from "./handlers.ts";
import type { OwnContainers } from "./own-containers.ts";
import type { Known } from "./reference.ts";
import { findContainer } from "./reference.ts";
import { stdinOf } from "./wanted.ts";

/** How a container ended, as far as whoever looked at it is concerned. */
export interface End {
  readonly exitCode: number;
  /** "" = the exit code says it all. */
  readonly error: string;
}

/** A container that somebody attaches to, whether or not it runs. */
export interface AttachTarget extends Pick<Known, "key" | "id" | "name"> {
  readonly tty: boolean;
  readonly stdin: StdinLife;
  /** Of a held one nothing is heard. */
  readonly isPaused: boolean;
  /** Its next end from now on, or why it could not be started. */
  end(signal: AbortSignal): Promise<End>;
}

interface TargetParts {
  readonly own: OwnContainers;
  readonly executor: ContainerExecutor;
  readonly tasks: () => readonly Task[];
}

/** @throws SwarmError notFound, or invalidArgument when several match. */
export async function attachTarget(parts: TargetParts, ref: string): Promise<AttachTarget> {
  const { own, executor } = parts;
  const { key, id, name } = findContainer(knownContainers(parts), ref);
  const life = own.get(key);
  if (life !== undefined) {
    const { finishedAtMs } = life.stored;
    return {
      ...{ key, id, name },
      tty: life.config.task?.container?.tty ?? false,
      stdin: stdinOf(life.config),
      isPaused: life.state === "PAUSED",
      end: (signal) => endOf(life, finishedAtMs, signal),
    };
  }
  const record = executor.record(key);
  return {
    ...{ key, id, name },
    tty: record?.tty ?? false,
    stdin: record?.stdin ?? "none",
    isPaused: false,
    end: async (signal) => {
      const { exitCode, cause } = await executor.wait(key, signal);
      return { exitCode, error: cause };
    },
  };
}

/** A start that failed leaves no end, but an exit code. */
async function endOf(life: ContainerLife, finishedBefore: number, signal: AbortSignal): Promise<End> {
  const isOver = (): boolean => {
    const { isGone, state, stored } = life;
    const hasFailed = !stored.isWanted && (state === "CREATED" || state === "EXITED");
    return isGone || stored.finishedAtMs > finishedBefore || hasFailed;
  };
  while (!isOver()) await life.changed(signal);
  return { exitCode: life.stored.exitCode, error: life.stored.error };
}
