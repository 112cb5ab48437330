import { mustHave } from "../../shared/invariant.ts";
import type { Run } from "../cli.ts";
import { changedLabels } from "../label-flags.ts";
import { usageError } from "../parse/usage.ts";
import { againIfOutrun } from "../write-again.ts";
import { matchSubnets } from "./network-spec.ts";
import type { NETWORK_UPDATE_OPTIONS } from "./options.ts";

export const run: Run<typeof NETWORK_UPDATE_OPTIONS> = async (cli, [ref = ""], flags) => {
  const added = matchSubnets(flags.list("subnetAdd"), flags.list("gateway"), flags.list("ipRange"), {});
  if (added.length === 0 && !flags.has("labelAdd", "labelRm")) {
    throw usageError("nothing to change: give --label-add, --label-rm or --subnet-add");
  }
  const control = await cli.api.control();
  await againIfOutrun(async () => {
    const { network } = await control.getNetwork({ ref }, { signal: cli.signal });
    const { id, meta, spec } = mustHave(network, "the network of the answer");
    const before = mustHave(spec, "the network's spec");
    const { name, labels } = mustHave(before.annotations, "the network's name");
    const annotations = { name, labels: changedLabels(flags, labels, `network ${ref}`) };
    const next = { ...before, annotations, subnets: [...before.subnets, ...added] };
    await control.updateNetwork({ ref: id, version: meta?.version ?? 0, spec: next }, { signal: cli.signal });
  });
  cli.output.line(ref);
};
