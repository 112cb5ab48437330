import type { Run } from "../cli.ts";
import { usageError } from "../parse/usage.ts";
import { finish } from "../progress/wait-for-service.ts";
import { updateSpec } from "../spec/update-spec.ts";
import { changeServiceSpec } from "./service-spec.ts";

export const run: Run = async (cli, args, flags) => {
  const [ref] = args;
  if (ref === undefined || args.length > 1)
    throw usageError("give one service: swarmctl service update OPTIONS SERVICE");
  const id = await changeServiceSpec(cli, ref, (spec) => updateSpec(spec, flags, cli), {
    // Without a new image there is nothing to look up: what runs keeps its digest, registry or not.
    noResolveImage: flags.is("noResolveImage") || !flags.has("image"),
  });
  cli.output.line(ref);
  await finish(cli, id, flags);
};
