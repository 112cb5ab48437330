import { toDockerLocalNetwork, toDockerNetwork } from "../../shared/docker-shape/network.ts";
import type { LocalNetwork } from "../../shared/rpc/gen/networks.ts";
import type { Guest, Network, Service, Task } from "../../shared/rpc/gen/objects.ts";
import type { Run } from "../cli.ts";
import { printInspected } from "../format/inspect.ts";
import { forEach } from "../names.ts";
import { findLocal } from "./local.ts";
import type { NETWORK_INSPECT_OPTIONS } from "./options.ts";

export const run: Run<typeof NETWORK_INSPECT_OPTIONS> = async (cli, args, flags) => {
  const control = await cli.api.control();
  const options = { signal: cli.signal };
  const networks: (Network | LocalNetwork)[] = [];
  const guests = new Map<string, readonly Guest[]>();
  await forEach(args, async (ref) => {
    const local = await findLocal(cli, ref);
    const answer = local === null ? await control.getNetwork({ ref }, options) : null;
    const network = local ?? answer?.network ?? null;
    if (network !== null) networks.push(network);
    if (network !== null && answer !== null) guests.set(network.id, answer.guests);
  });
  const isAsked = networks.some((network) => !("members" in network));
  const tasks = isAsked ? (await control.listTasks({}, options)).tasks : [];
  const services = flags.is("verbose") && isAsked ? await allServices() : null;
  const shown = networks.map((network) => {
    if ("members" in network) return toDockerLocalNetwork(network);
    return toDockerNetwork(network, { tasks: tasks as Task[], guests: guests.get(network.id) ?? [] }, services);
  });
  printInspected(shown, flags.text("format") ?? "", cli.output);

  async function allServices(): Promise<readonly Service[]> {
    const { services } = await control.listServices({}, options);
    return services.flatMap(({ service }) => (service === null ? [] : [service]));
  }
};
