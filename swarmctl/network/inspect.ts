import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { toDockerLocalNetwork, toDockerNetwork } from "../../shared/docker-shape/network.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { LocalNetwork } from "../../shared/rpc/gen/networks.ts";
import type { Guest, Network, Service } from "../../shared/rpc/gen/objects.ts";
import type { Cli, Run } from "../cli.ts";
import { printInspected } from "../format/inspect.ts";
import { showFound } from "../names.ts";
import { findLocal } from "./local.ts";
import type { NETWORK_INSPECT_OPTIONS } from "./options.ts";

/** A network of this host alone, or one of the swarm with the containers on it that are no tasks. */
export type FoundNetwork =
  | { readonly of: "host"; readonly network: LocalNetwork }
  | { readonly of: "swarm"; readonly network: Network; readonly guests: readonly Guest[] };

export const run: Run<typeof NETWORK_INSPECT_OPTIONS> = async (cli, args, flags) => {
  await showFound(
    args,
    (ref) => findNetwork(cli, ref),
    async (networks) => {
      const shapes = await networkShapes(cli, networks, { withServices: flags.is("verbose") });
      printInspected(shapes, flags.text("format") ?? "", cli.output);
    },
  );
};

/** @throws SwarmError notFound; failedPrecondition where no manager can be asked and the host has none of that name. */
export async function findNetwork(cli: Cli, ref: string): Promise<FoundNetwork> {
  const local = await findLocal(cli, ref);
  if (local !== null) return { of: "host", network: local };
  const control = await cli.api.control();
  const { network, guests } = await control.getNetwork({ ref }, { signal: cli.signal });
  return { of: "swarm", network: mustHave(network, "the network of the answer"), guests };
}

/** As Docker shows networks; of the swarm's, also who is on them. */
export async function networkShapes(
  cli: Cli,
  found: readonly FoundNetwork[],
  { withServices }: { readonly withServices: boolean },
): Promise<readonly DockerJson[]> {
  const isAsked = found.some((one) => one.of === "swarm");
  const control = isAsked ? await cli.api.control() : null;
  const options = { signal: cli.signal };
  const tasks = control === null ? [] : (await control.listTasks({}, options)).tasks;
  const services = control === null || !withServices ? null : servicesIn(await control.listServices({}, options));
  return found.map((one) =>
    one.of === "host"
      ? toDockerLocalNetwork(one.network)
      : toDockerNetwork(one.network, { tasks, guests: one.guests }, services),
  );
}

function servicesIn(answer: {
  readonly services: readonly { readonly service: Service | null }[];
}): readonly Service[] {
  return answer.services.flatMap(({ service }) => (service === null ? [] : [service]));
}
