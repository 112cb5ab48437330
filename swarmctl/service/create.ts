import { mustHave } from "../../shared/invariant.ts";
import type { Run } from "../cli.ts";
import { giveOwnLogin } from "../registry/own-login.ts";
import type { CREATE_ONLY_OPTIONS, DRY_RUN_OPTIONS, SPECIAL_OPTIONS, WAIT_OPTIONS } from "./options.ts";
import { finish } from "./progress/wait-for-service.ts";
import { createSpec } from "./spec/create-spec.ts";
import { CREATE_OPTIONS } from "./spec-options.ts";

/** A manager may have to ask a slow registry for the image's digest. */
const CREATE_TIMEOUT_MS = 60_000;

export const run: Run<
  typeof CREATE_ONLY_OPTIONS | typeof SPECIAL_OPTIONS | typeof DRY_RUN_OPTIONS | typeof WAIT_OPTIONS
> = async (cli, args, flags) => {
  const spec = createSpec(args, flags, cli);
  const misplaced = misplacedOption(args);
  if (misplaced !== null) cli.output.warn(misplaced);
  if (flags.is("dryRun")) {
    const { printPlan } = await import("./print-plan.ts");
    return printPlan(cli, { spec, noResolveImage: flags.is("noResolveImage") });
  }
  if (flags.is("withRegistryAuth")) await giveOwnLogin(cli, args[0] ?? "");
  const control = await cli.api.control();
  const { service, warnings } = await control.createService(
    { spec, noResolveImage: flags.is("noResolveImage") },
    { signal: cli.signal, timeoutMs: CREATE_TIMEOUT_MS },
  );
  for (const warning of warnings) cli.output.warn(warning);
  const written = mustHave(service, "the service of the answer");
  cli.output.line(written.id);
  await finish(cli, written, flags);
};

/**
 * A container's command may begin with an option of its own, but an option that is also ours was probably not meant for
 * it.
 */
function misplacedOption([image = "", word = ""]: readonly string[]): string | null {
  const name = word.split("=")[0] ?? "";
  const isOurs = CREATE_OPTIONS.some(({ flags }) => flags.split(/[ ,]+/).includes(name));
  if (!name.startsWith("-") || !isOurs) return null;
  return `Warning: ${name} comes after the image and is passed to the container; options of swarmctl go before ${image}`;
}
