import type { NetworkId } from "../../shared/ids.ts";
import type { Network, ServiceSpec } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";
import { findObject } from "./reference.ts";
import { check } from "./refuse.ts";

/**
 * The spec with its networks given by id, however the caller named them.
 * @throws SwarmError notFound for an unknown network; invalidArgument for ingress, which is joined by publishing a
 * port, and for a network given twice.
 */
export function withNetworkIds(view: ReadView, spec: ServiceSpec): ServiceSpec {
  if (spec.task.networks.length === 0) return spec;
  const seen = new Set<NetworkId>();
  const networks = spec.task.networks.map((attachment) => {
    const network: Network = findObject(view, "network", attachment.target);
    const { name } = network.spec.annotations;
    check(!network.spec.ingress, `network ${name} cannot be joined by name: publish a port to use it`);
    check(!seen.has(network.id), `network ${name} is given twice`);
    seen.add(network.id);
    return { ...attachment, target: network.id };
  });
  return { ...spec, task: { ...spec.task, networks } };
}
