import { mustHave } from "../../shared/invariant.ts";
import type { Run } from "../cli.ts";
import { networkSpec } from "./network-spec.ts";
import type { CREATE_OPTIONS } from "./options.ts";

export const run: Run<typeof CREATE_OPTIONS> = async (cli, [name = ""], flags) => {
  const spec = networkSpec(name, flags);
  const control = await cli.api.control();
  const { network } = await control.createNetwork({ spec }, { signal: cli.signal });
  cli.output.line(mustHave(network, "the network of the answer").id);
};
