import { SwarmError } from "../../shared/errors.ts";
import { parseId, type TaskId } from "../../shared/ids.ts";
import { HOST_LIMITS } from "../../shared/objects/limits.ts";
import type { UsageReport } from "../../shared/rpc/gen/dispatcher.ts";
import type { TaskUse } from "../tasks/task-use.ts";

const NANO_CPUS_MAX = HOST_LIMITS.cpus.max * 1_000_000_000;

/**
 * What tasks use, as their worker says. It may say what it likes of its own tasks; what their services make of it stays
 * within the bounds that people gave them (manager/autoscale).
 * @throws SwarmError invalidArgument.
 */
export function takeUsage({ tasks }: UsageReport): ReadonlyMap<TaskId, TaskUse> {
  const { max, of } = HOST_LIMITS.usages;
  if (tasks.length > max) throw invalid(`${of}: ${tasks.length}, but at most ${max} are allowed`);
  return new Map(
    tasks.map(({ taskId, nanoCpus, memoryBytes }) => [
      parseId<TaskId>(taskId, "task"),
      {
        nanoCpus: takeAmount("CPUs in use", nanoCpus, NANO_CPUS_MAX),
        memoryBytes: takeAmount("memory in use", memoryBytes, Number.MAX_SAFE_INTEGER),
      },
    ]),
  );
}

function takeAmount(what: string, value: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= 0 && value <= max) return value;
  throw invalid(`invalid ${what}: ${value} is not in 0..${max}`);
}

const invalid = (sentence: string): SwarmError => new SwarmError("invalidArgument", sentence);
