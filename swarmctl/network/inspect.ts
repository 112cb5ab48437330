import { toDockerLocalNetwork, toDockerNetwork } from "../../shared/docker-shape/network.ts";
import type { LocalNetwork } from "../../shared/rpc/gen/networks.ts";
import type { Network, Service, Task } from "../../shared/rpc/gen/objects.ts";
import type { Run } from "../cli.ts";
import { printInspected } from "../format/inspect.ts";
import { forEach } from "../names.ts";
import { findLocal } from "./local.ts";
import type { NETWORK_INSPECT_OPTIONS } from "./options.ts";

export const run: Run<typeof NETWORK_INSPECT_OPTIONS> = async (cli, args, flags) => {
  const control = await cli.api.control();
  const options = { signal: cli.signal };
  const networks: (Network | LocalNetwork)[] = [];
  await forEach(args, async (ref) => {
    const network = (await findLocal(cli, ref)) ?? (await control.getNetwork({ ref }, options)).network;
    if (network !== null) networks.push(network);
  });
  const isAsked = networks.some((network) => !("members" in network));
  const tasks = isAsked ? (await control.listTasks({}, options)).tasks : [];
  const services = flags.is("verbose") && isAsked ? await allServices() : null;
  const shown = networks.map((network) =>
    "members" in network ? toDockerLocalNetwork(network) : toDockerNetwork(network, tasks as readonly Task[], services),
  );
  printInspected(shown, flags.text("format") ?? "", cli.output);

  async function allServices(): Promise<readonly Service[]> {
    const { services } = await control.listServices({}, options);
    return services.flatMap(({ service }) => (service === null ? [] : [service]));
  }
};
