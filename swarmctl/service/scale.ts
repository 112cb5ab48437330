import { SwarmError } from "../../shared/errors.ts";
import { mustHave, unreachable } from "../../shared/invariant.ts";
import type { ServiceSpec } from "../../shared/rpc/gen/objects.ts";
import { modeText } from "../../shared/service-spec/modes.ts";
import type { Cli, Run } from "../cli.ts";
import { forEach } from "../names.ts";
import { parseScale } from "../parse/words.ts";
import { changeServiceSpec } from "./change-spec.ts";
import type { DRY_RUN_OPTIONS, WAIT_OPTIONS } from "./options.ts";
import { finish, type Written } from "./progress/wait-for-service.ts";

export const run: Run<typeof DRY_RUN_OPTIONS | typeof WAIT_OPTIONS> = async (cli, args, flags) => {
  // Every mistake is found before anything is changed.
  const wanted = args.map(parseScale);
  const control = await cli.api.control();
  for (const { name } of wanted) {
    const { service } = await control.getService({ ref: name }, { signal: cli.signal });
    if (service?.spec) scaledTo(service.spec, name, 0);
  }
  if (flags.is("dryRun")) {
    await forEach(args, (arg) => planScale(cli, parseScale(arg)));
    return;
  }
  const scaled: Written[] = [];
  await forEach(args, async (arg) => {
    const { name, replicas } = parseScale(arg);
    const written = await changeServiceSpec(cli, name, (spec) => scaledTo(spec, name, replicas), {
      noResolveImage: true,
      replicasGiven: true,
    });
    cli.output.line(`${name} scaled to ${replicas}`);
    scaled.push(written);
  });
  await forEach(scaled, (written) => finish(cli, written, flags));
};

async function planScale(cli: Cli, { name, replicas }: ReturnType<typeof parseScale>): Promise<void> {
  const control = await cli.api.control();
  const { service } = await control.getService({ ref: name }, { signal: cli.signal });
  const spec = scaledTo(mustHave(service?.spec, "the service's spec"), name, replicas);
  // With the table of service fields, which scaling itself does without.
  const { printPlan } = await import("./print-plan.ts");
  await printPlan(cli, { ref: name, spec, noResolveImage: true });
}

/** @throws SwarmError invalidArgument for a service that has no number of tasks. */
function scaledTo(spec: ServiceSpec, name: string, replicas: number): ServiceSpec {
  switch (spec.mode) {
    case "replicated":
      return { ...spec, replicated: { ...spec.replicated, replicas } };
    case "replicatedJob":
      // How many run at once stays, as in Docker.
      return { ...spec, replicatedJob: { ...spec.replicatedJob, totalCompletions: replicas } };
    case "global":
    case "globalJob":
    case undefined: {
      const mode = spec.mode === undefined ? "of another mode" : modeText(spec.mode);
      throw new SwarmError("invalidArgument", `service ${name} is ${mode}: it cannot be scaled`);
    }
    default:
      return unreachable(spec);
  }
}
