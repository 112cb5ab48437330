import { createHash } from "node:crypto";
import type { ContainerId, ContainerKey, TaskId } from "../ids.ts";
import { isId } from "../ids.ts";
import type { Random } from "../ports/random.ts";

const CONTAINER_ID = /^[0-9a-f]{64}$/;
const CONTAINER_ID_BYTES = 32;

/** For a container that belongs to no task. */
export function createContainerId(random: Random): ContainerId {
  return Buffer.from(random.bytes(CONTAINER_ID_BYTES)).toString("hex") as ContainerId;
}

export function isContainerId(text: string): text is ContainerId {
  return CONTAINER_ID.test(text);
}

/** The two forms differ in length, so what is found on a host says whose it is. */
export function isContainerKey(text: string): text is ContainerKey {
  return isId(text) || isContainerId(text);
}

export function isTaskKey(key: ContainerKey): key is TaskId {
  return isId(key);
}

/**
 * Whether a word that found the container of a task means the task, as in `inspect $(service ps -q web)`.
 * @param taskId "" = it is of no task.
 */
export function meansTask(ref: string, { id, taskId }: { readonly id: string; readonly taskId: string }): boolean {
  return taskId !== "" && taskId.startsWith(ref) && !id.startsWith(ref);
}

/** A task's container has an id that follows from the task's: nothing has to be stored, and every host can say it. */
export function containerIdOf(key: ContainerKey): ContainerId {
  return isTaskKey(key) ? (createHash("sha256").update(key).digest("hex") as ContainerId) : key;
}
