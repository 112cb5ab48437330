import { SwarmError } from "../../../shared/errors.ts";
import type { ContainerId, ContainerKey } from "../../../shared/ids.ts";

/** A container of this host, as references see it. */
export interface Known {
  readonly key: ContainerKey;
  readonly id: ContainerId;
  readonly name: string;
  /** Of a task's: SERVICE.SLOT; null = no task's. */
  readonly slot: string | null;
  readonly isRunning: boolean;
}

/** Docker's pattern. */
export const CONTAINER_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const NAME_LENGTH_MAX = 255;
const PREFIX = /^[0-9a-z]+$/;

/** @throws SwarmError invalidArgument, with Docker's sentence. */
export function checkContainerName(name: string): void {
  if (CONTAINER_NAME.test(name) && name.length <= NAME_LENGTH_MAX) return;
  const shown = name.slice(0, NAME_LENGTH_MAX);
  throw new SwarmError(
    "invalidArgument",
    `Invalid container name (${shown}), only ${CONTAINER_NAME.source.slice(1, -1)} are allowed`,
  );
}

/**
 * Which container is meant: a full id or name first, then the task or the slot, then a prefix of an id that only one
 * has.
 * @throws SwarmError notFound, or invalidArgument when several have the prefix.
 */
export function findContainer<One extends Known>(all: readonly One[], given: string): One {
  const ref = given.startsWith("/") ? given.slice(1) : given;
  const exact = all.find(({ id, name, key }) => id === ref || name === ref || key === ref);
  if (exact !== undefined) return exact;
  const ofSlot = all.filter(({ slot }) => slot === ref);
  // Of a slot that has had several tasks, the one that runs.
  const inSlot = ofSlot.find(({ isRunning }) => isRunning) ?? ofSlot.at(-1);
  if (inSlot !== undefined) return inSlot;
  const begins = PREFIX.test(ref) ? all.filter(({ id, key }) => id.startsWith(ref) || key.startsWith(ref)) : [];
  const [only, ...others] = begins;
  if (only === undefined) throw new SwarmError("notFound", `No such container: ${ref.slice(0, NAME_LENGTH_MAX)}`);
  if (others.length === 0) return only;
  throw new SwarmError("invalidArgument", `several containers have an id that begins with ${ref}: give more of it`);
}
