import { SwarmError } from "../../shared/errors.ts";
import type { Run } from "../cli.ts";
import { forEach } from "../names.ts";
import { parseScale } from "../parse/words.ts";
import { changeServiceSpec } from "./change-spec.ts";
import type { WAIT_OPTIONS } from "./options.ts";
import { finish } from "./progress/wait-for-service.ts";

export const run: Run<typeof WAIT_OPTIONS> = async (cli, args, flags) => {
  // Every mistake is found before anything is changed.
  for (const arg of args) parseScale(arg);
  const ids: string[] = [];
  await forEach(args, async (arg) => {
    const { name, replicas } = parseScale(arg);
    const id = await changeServiceSpec(
      cli,
      name,
      (spec) => {
        if (spec.mode !== "replicated") {
          throw new SwarmError("invalidArgument", `service ${name} is global: it cannot be scaled`);
        }
        return { ...spec, replicated: { replicas } };
      },
      { noResolveImage: true },
    );
    cli.output.line(`${name} scaled to ${replicas}`);
    ids.push(id);
  });
  for (const id of ids) await finish(cli, id, flags);
};
