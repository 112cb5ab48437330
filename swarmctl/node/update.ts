import type { Run } from "../cli.ts";
import { changedLabels } from "../label-flags.ts";
import { usageError } from "../parse/usage.ts";
import { AVAILABILITIES, ROLES } from "../swarm/availability.ts";
import type { UPDATE_OPTIONS } from "./options.ts";
import { changeNodeSpec } from "./spec.ts";

export const run: Run<typeof UPDATE_OPTIONS> = async (cli, args, flags) => {
  const ref = args[0] ?? "";
  if (!flags.has("availability", "role", "labelAdd", "labelRm")) {
    throw usageError("nothing to change: give --availability, --role, --label-add or --label-rm");
  }
  const availability = flags.choice("availability", AVAILABILITIES);
  const desiredRole = flags.choice("role", ROLES);
  await changeNodeSpec(cli, ref, (spec) => {
    const { name = "", labels = {} } = spec.annotations ?? {};
    return {
      availability: availability ?? spec.availability,
      // Whoever says what may run there now has something else in mind.
      evacuation: availability === undefined ? spec.evacuation : null,
      desiredRole: desiredRole ?? spec.desiredRole,
      annotations: { name, labels: changedLabels(flags, labels, `node ${ref}`) },
    };
  });
  cli.output.line(ref);
};
