import { SwarmError } from "../../shared/errors.ts";
import type { Run } from "../cli.ts";
import { isConfirmed } from "../confirm.ts";
import { forEach } from "../names.ts";
import { findLocal } from "./local.ts";
import type { NETWORK_REMOVE_OPTIONS } from "./options.ts";

const INGRESS_WARNING =
  "WARNING! Without an ingress network, no service can publish ports until `swarmctl network create --ingress` makes another.";

export const run: Run<typeof NETWORK_REMOVE_OPTIONS> = async (cli, args, flags) => {
  const control = await cli.api.control();
  await forEach(args, async (ref) => {
    try {
      const local = await findLocal(cli, ref);
      if (local !== null) {
        await (await cli.api.networks()).remove({ ref: local.id }, { signal: cli.signal });
        cli.output.line(ref);
        return;
      }
      const { network } = await control.getNetwork({ ref }, { signal: cli.signal });
      const isAsked = network?.spec?.ingress === true && !flags.is("force");
      if (isAsked && !(await isConfirmed(cli, INGRESS_WARNING))) return;
      await control.removeNetwork({ ref }, { signal: cli.signal });
      cli.output.line(ref);
    } catch (error) {
      if (!(flags.is("force") && error instanceof SwarmError && error.code === "notFound")) throw error;
    }
  });
};
