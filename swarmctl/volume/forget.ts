import type { Run } from "../cli.ts";
import { isConfirmed } from "../confirm.ts";
import { nodeRef } from "../names.ts";
import { usageError } from "../parse/usage.ts";
import type { FORGET_OPTIONS } from "./options.ts";

export const run: Run<typeof FORGET_OPTIONS> = async (cli, [volume = ""], flags) => {
  const node = flags.text("node");
  if (node === undefined) throw usageError("--node is missing: say on which node the volume is");
  const warning = `WARNING! The task that has volume ${volume} on node ${node} will start elsewhere, without what is in it.`;
  if (!flags.is("force") && !(await isConfirmed(cli, warning))) return;
  const control = await cli.api.control();
  await control.forgetVolume({ node: await nodeRef(cli, node), volume }, { signal: cli.signal });
  cli.output.line(volume);
};
