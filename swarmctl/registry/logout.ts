import { parseLoginName } from "../../shared/registry/login-names.ts";
import type { Run } from "../cli.ts";
import { usageError } from "../parse/usage.ts";

export const run: Run<readonly []> = async (cli, args) => {
  if (args.length > 1) throw usageError("give one registry: swarmctl logout [REGISTRY]");
  const name = parseLoginName(args[0] ?? "");
  const control = await cli.api.control();
  await control.removeLogin({ ref: name }, { signal: cli.signal });
  cli.output.line(`Removing login credentials for ${name}`);
};
