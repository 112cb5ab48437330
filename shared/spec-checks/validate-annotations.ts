import { SPEC_LIMITS } from "../objects/limits.ts";
import type { Annotations } from "../rpc/gen/objects.ts";
import { bytesOf, check, checkLimit, quoted } from "./refuse.ts";

/** A name must fit into one label of a DNS name, since tasks find services by it. */
const NAME = /^[a-zA-Z0-9](?:[-_]*[A-Za-z0-9]+)*$/;
const NAME_LENGTH_MAX = SPEC_LIMITS.name.max;

/** @throws SwarmError invalidArgument. `what` is the kind of object, for the sentence. */
export function validateName(what: string, name: string): void {
  check(name !== "", `a ${what} needs a name`);
  check(
    name.length <= NAME_LENGTH_MAX,
    `invalid ${what} name ${quoted(name)}: at most ${NAME_LENGTH_MAX} characters are allowed`,
  );
  check(
    NAME.test(name),
    `invalid ${what} name ${quoted(name)}: only letters, digits, "-" and "_" are allowed, with a letter or digit at both ends`,
  );
}

/** @throws SwarmError invalidArgument. */
export function validateLabels(what: string, { labels }: Pick<Annotations, "labels">): void {
  const entries = Object.entries(labels);
  checkLimit(SPEC_LIMITS.labels, entries.length);
  for (const [key, value] of entries) {
    check(key.trim() !== "" && !/\s/.test(key), `invalid ${what} label ${quoted(key)}: expected KEY or KEY=VALUE`);
    checkLimit(SPEC_LIMITS.labelKey, bytesOf(key));
    checkLimit(SPEC_LIMITS.labelValue, bytesOf(value));
  }
}
