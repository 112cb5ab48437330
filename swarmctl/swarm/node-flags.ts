import type { NodeSpec } from "../../shared/rpc/gen/objects.ts";
import type { Flags } from "../flags.ts";
import type { OptionName } from "../option-spec.ts";
import { AVAILABILITIES } from "./availability.ts";
import type { NODE_OPTIONS } from "./options.ts";

/** This host's settings as a node, for `init` and `join`; "" lets the daemon choose an address. */
export interface NodeWishes {
  readonly advertiseAddress: string;
  readonly listenAddress: string;
  readonly dataPathAddress: string;
  readonly availability: NodeSpec["availability"];
}

/** @throws SwarmError invalidArgument for an unknown availability. */
export function nodeWishes(flags: Flags<OptionName<typeof NODE_OPTIONS>>): NodeWishes {
  return {
    advertiseAddress: flags.text("advertiseAddr") ?? "",
    listenAddress: flags.text("listenAddr") ?? "",
    dataPathAddress: flags.text("dataPathAddr") ?? "",
    availability: flags.choice("availability", AVAILABILITIES) ?? "ACTIVE",
  };
}
