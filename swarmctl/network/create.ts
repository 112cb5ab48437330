import { mustHave } from "../../shared/invariant.ts";
import type { Run } from "../cli.ts";
import { isLocal, networkSpec } from "./network-spec.ts";
import type { CREATE_OPTIONS } from "./options.ts";

export const run: Run<typeof CREATE_OPTIONS> = async (cli, [name = ""], flags) => {
  const spec = networkSpec(name, flags);
  const options = { signal: cli.signal };
  if (isLocal(flags)) {
    const networks = await cli.api.networks();
    const { network } = await networks.create({ spec }, options);
    cli.output.line(mustHave(network, "the network of the answer").id);
    return;
  }
  const control = await cli.api.control();
  const { network } = await control.createNetwork({ spec }, options);
  cli.output.line(mustHave(network, "the network of the answer").id);
};
