import { SwarmError } from "../../shared/errors.ts";
import type { Run } from "../cli.ts";
import { usageError } from "../parse/usage.ts";
import { parseLabels } from "../parse/words.ts";
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
  const added = parseLabels(flags.list("labelAdd"), "--label-add");
  await changeNodeSpec(cli, ref, (spec) => {
    const labels = { ...spec.annotations?.labels };
    for (const key of flags.list("labelRm")) {
      if (!Object.hasOwn(labels, key)) {
        throw new SwarmError("invalidArgument", `node ${ref} has no label "${key}" to remove`);
      }
      delete labels[key];
    }
    return {
      availability: availability ?? spec.availability,
      desiredRole: desiredRole ?? spec.desiredRole,
      annotations: { name: spec.annotations?.name ?? "", labels: { ...labels, ...added } },
    };
  });
  cli.output.line(ref);
};
