import { mustHave } from "../../shared/invariant.ts";
import type { Run } from "../cli.ts";
import type { CREATE_ONLY_OPTIONS, SPECIAL_OPTIONS, WAIT_OPTIONS } from "./options.ts";
import { finish } from "./progress/wait-for-service.ts";
import { createSpec } from "./spec/create-spec.ts";

/** A manager may have to ask a slow registry for the image's digest. */
const CREATE_TIMEOUT_MS = 60_000;

export const run: Run<typeof CREATE_ONLY_OPTIONS | typeof SPECIAL_OPTIONS | typeof WAIT_OPTIONS> = async (
  cli,
  args,
  flags,
) => {
  const spec = createSpec(args, flags, cli);
  const control = await cli.api.control();
  const { service, warnings } = await control.createService(
    { spec, noResolveImage: flags.is("noResolveImage") },
    { signal: cli.signal, timeoutMs: CREATE_TIMEOUT_MS },
  );
  for (const warning of warnings) cli.output.warn(warning);
  const { id } = mustHave(service, "the service of the answer");
  cli.output.line(id);
  await finish(cli, id, flags);
};
