import type { Annotations } from "../../shared/rpc/gen/objects.ts";
import { check, quoted } from "./refuse.ts";

/** A name must fit one label of a DNS name, since tasks find services by it. */
const NAME = /^[a-zA-Z0-9](?:[-_]*[A-Za-z0-9]+)*$/;
const NAME_LENGTH_MAX = 63;

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
export function validateLabels(what: string, { labels }: Annotations): void {
  for (const key of Object.keys(labels)) {
    check(key.trim() !== "" && !/\s/.test(key), `invalid ${what} label ${quoted(key)}: expected KEY or KEY=VALUE`);
  }
}
