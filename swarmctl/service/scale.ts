import { SwarmError } from "../../shared/errors.ts";
import type { ServiceSpec } from "../../shared/rpc/gen/objects.ts";
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
    if (service?.spec?.mode !== "replicated") throw unscalable(name, service?.spec?.mode);
  }
  const scaled: Written[] = [];
  await forEach(args, async (arg) => {
    const { name, replicas } = parseScale(arg);
    const written = await changeServiceSpec(
      cli,
      name,
      (spec) => {
        if (spec.mode !== "replicated") throw unscalable(name, spec.mode);
        return { ...spec, replicated: { replicas } };
      },
      { noResolveImage: true },
    );
    cli.output.line(`${name} scaled to ${replicas}`);
    scaled.push(written);
  });
  await forEach(scaled, (written) => finish(cli, written, flags));
};

function unscalable(name: string, mode: ServiceSpec["mode"]): SwarmError {
  return new SwarmError("invalidArgument", `service ${name} is ${mode ?? "of another mode"}: it cannot be scaled`);
}
