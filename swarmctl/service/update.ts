import type { Cli, Run } from "../cli.ts";
import { networksById } from "../names.ts";
import { usageError } from "../parse/usage.ts";
import { giveOwnLogin } from "../registry/own-login.ts";
import { changeServiceSpec } from "./change-spec.ts";
import type { SPECIAL_OPTIONS, UPDATE_ONLY_OPTIONS, WAIT_OPTIONS } from "./options.ts";
import { finish } from "./progress/wait-for-service.ts";
import { rollBack } from "./rollback.ts";
import type { SpecWorld } from "./spec/spec-world.ts";
import { updateSpec } from "./spec/update-spec.ts";

const NETWORK_OPTIONS: ReadonlySet<string> = new Set(["networkAdd", "networkRm"]);
const BESIDE_ROLLBACK: ReadonlySet<string> = new Set(["rollback", "detach", "quiet"]);

export const run: Run<typeof UPDATE_ONLY_OPTIONS | typeof SPECIAL_OPTIONS | typeof WAIT_OPTIONS> = async (
  cli,
  args,
  flags,
) => {
  const [ref] = args;
  if (ref === undefined || args.length > 1)
    throw usageError("give one service: swarmctl service update OPTIONS SERVICE");
  if (flags.is("rollback")) {
    if (flags.given().some((name) => !BESIDE_ROLLBACK.has(name))) {
      throw usageError("--rollback may only be combined with --detach and --quiet: it puts the whole spec back");
    }
    await rollBack(cli, ref, flags);
    return;
  }
  const world = flags.given().some((name) => NETWORK_OPTIONS.has(name)) ? await withNetworkIds(cli) : cli;
  if (flags.is("withRegistryAuth")) await giveOwnLogin(cli, flags.text("image") ?? (await imageOf(cli, ref)));
  const written = await changeServiceSpec(cli, ref, (spec) => updateSpec(spec, flags, world), {
    // Without a new image there is nothing to look up: running tasks keep their digest, with or without a registry.
    noResolveImage: flags.is("noResolveImage") || !flags.has("image"),
  });
  cli.output.line(ref);
  await finish(cli, written, flags);
};

async function imageOf(cli: Cli, ref: string): Promise<string> {
  const control = await cli.api.control();
  const { service } = await control.getService({ ref }, { signal: cli.signal });
  return service?.spec?.task?.container?.image ?? "";
}

/** Specs hold ids of networks: what is to be removed, or replaced, is found by its id. */
async function withNetworkIds(cli: Cli): Promise<SpecWorld> {
  const ids = new Map([...(await networksById(cli))].map(([id, name]) => [name.toLowerCase(), id]));
  return { ...cli, networkIds: ids };
}
