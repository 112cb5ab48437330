import { SwarmError } from "../../shared/errors.ts";
import { unreachable } from "../../shared/invariant.ts";
import type { ServiceSpec } from "../../shared/rpc/gen/objects.ts";
import { modeText } from "../../shared/service-spec/modes.ts";
import type { Run } from "../cli.ts";
import { forEach } from "../names.ts";
import { parseScale } from "../parse/words.ts";
import { changeServiceSpec } from "./change-spec.ts";
import type { WAIT_OPTIONS } from "./options.ts";
import { finish, type Written } from "./progress/wait-for-service.ts";

export const run: Run<typeof WAIT_OPTIONS> = async (cli, args, flags) => {
  // Every mistake is found before anything is changed.
  const wanted = args.map(parseScale);
  const control = await cli.api.control();
  for (const { name } of wanted) {
    const { service } = await control.getService({ ref: name }, { signal: cli.signal });
    if (service?.spec) scaledTo(service.spec, name, 0);
  }
  const scaled: Written[] = [];
  await forEach(args, async (arg) => {
    const { name, replicas } = parseScale(arg);
    const written = await changeServiceSpec(cli, name, (spec) => scaledTo(spec, name, replicas), {
      noResolveImage: true,
    });
    cli.output.line(`${name} scaled to ${replicas}`);
    scaled.push(written);
  });
  await forEach(scaled, (written) => finish(cli, written, flags));
};

/** @throws SwarmError invalidArgument for a service that has no number of tasks. */
function scaledTo(spec: ServiceSpec, name: string, replicas: number): ServiceSpec {
  switch (spec.mode) {
    case "replicated":
      return { ...spec, replicated: { replicas } };
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
