import { toDockerLocalNetwork, toDockerNetwork } from "../../shared/docker-shape/network.ts";
import type { LocalNetwork } from "../../shared/rpc/gen/networks.ts";
import type { Guest, Network, Service, Task } from "../../shared/rpc/gen/objects.ts";
import type { Run } from "../cli.ts";
import { printInspected } from "../format/inspect.ts";
import { showFound } from "../names.ts";
import { findLocal } from "./local.ts";
import type { NETWORK_INSPECT_OPTIONS } from "./options.ts";

export const run: Run<typeof NETWORK_INSPECT_OPTIONS> = async (cli, args, flags) => {
  const control = await cli.api.control();
  const options = { signal: cli.signal };
  const guests = new Map<string, readonly Guest[]>();
  const find = async (ref: string): Promise<Network | LocalNetwork | null> => {
    const local = await findLocal(cli, ref);
    if (local !== null) return local;
    const answer = await control.getNetwork({ ref }, options);
    if (answer.network !== null) guests.set(answer.network.id, answer.guests);
    return answer.network;
  };
  await showFound(args, find, async (networks) => {
    const isAsked = networks.some((network) => !("members" in network));
    const tasks = isAsked ? (await control.listTasks({}, options)).tasks : [];
    const services = flags.is("verbose") && isAsked ? await allServices() : null;
    const shown = networks.map((network) => {
      if ("members" in network) return toDockerLocalNetwork(network);
      return toDockerNetwork(network, { tasks: tasks as Task[], guests: guests.get(network.id) ?? [] }, services);
    });
    printInspected(shown, flags.text("format") ?? "", cli.output);
  });

  async function allServices(): Promise<readonly Service[]> {
    const { services } = await control.listServices({}, options);
    return services.flatMap(({ service }) => (service === null ? [] : [service]));
  }
};
