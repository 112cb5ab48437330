import { toDockerNetwork } from "../../shared/docker-shape/network.ts";
import type { Network, Service, Task } from "../../shared/rpc/gen/objects.ts";
import type { Run } from "../cli.ts";
import { printInspected } from "../format/inspect.ts";
import { forEach } from "../names.ts";
import type { NETWORK_INSPECT_OPTIONS } from "./options.ts";

export const run: Run<typeof NETWORK_INSPECT_OPTIONS> = async (cli, args, flags) => {
  const control = await cli.api.control();
  const options = { signal: cli.signal };
  const networks: Network[] = [];
  await forEach(args, async (ref) => {
    const { network } = await control.getNetwork({ ref }, options);
    if (network !== null) networks.push(network);
  });
  const { tasks } = await control.listTasks({}, options);
  const services = flags.is("verbose") ? await allServices() : null;
  const shown = networks.map((network) => toDockerNetwork(network, tasks as readonly Task[], services));
  printInspected(shown, flags.text("format") ?? "", cli.output);

  async function allServices(): Promise<readonly Service[]> {
    const { services } = await control.listServices({}, options);
    return services.flatMap(({ service }) => (service === null ? [] : [service]));
  }
};
