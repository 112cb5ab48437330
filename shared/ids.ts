import { customRandom } from "nanoid";
import { SwarmError } from "./errors.ts";
import type { Random } from "./ports/random.ts";

declare const brand: unique symbol;
/** A string or number that only its own parser can make; ids of different things do not mix. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/** The id of an object of that kind (shared/objects/types.ts), or of something else that has one. */
export type Id<Kind extends string> = Brand<string, Kind>;
export type NodeId = Id<"node">;
export type ServiceId = Id<"service">;
export type TaskId = Id<"task">;
export type NetworkId = Id<"network">;
export type ClusterId = Id<"cluster">;
export type SessionId = Id<"session">;
/** 64 hexadecimal digits, as Docker's: shared/objects/container-id.ts. */
export type ContainerId = Id<"container">;
/**
 * Under which a host keeps what belongs to a container: files, control group, namespace, the OCI runtime's notes. The
 * task's id for the container of a task, the container's own id for one without a task.
 */
export type ContainerKey = TaskId | ContainerId;

/** Ids are 25 characters of base 36 (about 129 bits), as Docker's are. */
export const ID_LENGTH = 25;
const ID_PATTERN = /^[a-z0-9]{25}$/;
const ID_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";

/** A new id. The caller names its kind: `createId<TaskId>(random)`. */
export function createId<Id extends Brand<string, string>>(random: Random): Id {
  return customRandom(ID_ALPHABET, ID_LENGTH, (size) => random.bytes(size))() as unknown as Id;
}

/** Whether the text has the form of an id, of whatever kind. */
export function isId(text: string): boolean {
  return ID_PATTERN.test(text);
}

/** @throws SwarmError invalidArgument when `text` is not a full id. */
export function parseId<Id extends Brand<string, string>>(text: string, what: string): Id {
  if (!isId(text)) {
    throw new SwarmError(
      "invalidArgument",
      `not a ${what} id: ${JSON.stringify(text.slice(0, 100))} (expected 25 characters of 0-9 and a-z)`,
    );
  }
  return text as unknown as Id;
}
