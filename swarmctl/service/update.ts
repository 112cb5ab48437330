import { mustHave } from "../../shared/invariant.ts";
import type { Cli, Run } from "../cli.ts";
import type { Flags } from "../flags.ts";
import { networksById } from "../names.ts";
import { usageError } from "../parse/usage.ts";
import { giveOwnLogin } from "../registry/own-login.ts";
import { changeServiceSpec } from "./change-spec.ts";
import type { DRY_RUN_OPTIONS, SPECIAL_OPTIONS, UPDATE_ONLY_OPTIONS, WAIT_OPTIONS } from "./options.ts";
import { printPlan } from "./print-plan.ts";
import { finish } from "./progress/wait-for-service.ts";
import { rollBack } from "./rollback.ts";
import type { SpecWorld } from "./spec/spec-world.ts";
import { updateSpec } from "./spec/update-spec.ts";

const NETWORK_OPTIONS: ReadonlySet<string> = new Set(["networkAdd", "networkRm"]);
const BESIDE_ROLLBACK: ReadonlySet<string> = new Set(["rollback", "detach", "quiet", "dryRun"]);

export const run: Run<
  typeof UPDATE_ONLY_OPTIONS | typeof SPECIAL_OPTIONS | typeof DRY_RUN_OPTIONS | typeof WAIT_OPTIONS
> = async (cli, args, flags) => {
  const [ref] = args;
  if (ref === undefined || args.length > 1)
    throw usageError("give one service: swarmctl service update OPTIONS SERVICE");
  if (flags.is("dryRun")) return planUpdate(cli, ref, flags);
  if (flags.is("rollback")) {
    checkRollback(flags);
    await rollBack(cli, ref, flags);
    return;
  }
  const world = await worldFor(cli, flags);
  if (flags.is("withRegistryAuth")) await giveOwnLogin(cli, flags.text("image") ?? (await imageOf(cli, ref)));
  const written = await changeServiceSpec(cli, ref, (spec) => updateSpec(spec, flags, world), {
    // Without a new image there is nothing to look up: running tasks keep their digest, with or without a registry.
    noResolveImage: flags.is("noResolveImage") || !flags.has("image"),
    replicasGiven: flags.given().includes("replicas"),
  });
  cli.output.line(ref);
  await finish(cli, written, flags);
};

/** Prints what the update would do. */
export async function planUpdate(cli: Cli, ref: string, flags: Flags): Promise<void> {
  if (flags.is("rollback")) {
    checkRollback(flags);
    await printPlan(cli, { ref, rollback: true });
    return;
  }
  const world = await worldFor(cli, flags);
  const control = await cli.api.control();
  const { service } = await control.getService({ ref }, { signal: cli.signal });
  const spec = updateSpec(mustHave(service?.spec, "the service's spec"), flags, world);
  await printPlan(cli, { ref, spec, noResolveImage: flags.is("noResolveImage") || !flags.has("image") });
}

function checkRollback(flags: Flags): void {
  if (flags.given().some((name) => !BESIDE_ROLLBACK.has(name))) {
    throw usageError(
      "--rollback may only be combined with --detach, --quiet and --dry-run: it puts the whole spec back",
    );
  }
}

async function worldFor(cli: Cli, flags: Flags): Promise<SpecWorld> {
  return flags.given().some((name) => NETWORK_OPTIONS.has(name)) ? withNetworkIds(cli) : cli;
}

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
