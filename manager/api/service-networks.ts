import type { NetworkId } from "../../shared/ids.ts";
import { SPEC_LIMITS } from "../../shared/objects/limits.ts";
import { driverOf, hasAddresses } from "../../shared/objects/network.ts";
import type { Network, ServiceSpec } from "../../shared/objects/types.ts";
import type { NetworkAttachmentConfig } from "../../shared/rpc/gen/objects.ts";
import { bytesOf, check, checkLimit, quoted } from "../../shared/spec-checks/refuse.ts";
import type { ReadView } from "../store/store-types.ts";
import { isIngress } from "../tasks/endpoint.ts";
import { checkApart, networksOf } from "./network-overlap.ts";
import { findObject } from "./reference.ts";

/** What a DNS name may be made of, as one label or several. */
const ALIAS = /^[a-zA-Z0-9_](?:[a-zA-Z0-9_.-]*[a-zA-Z0-9_])?$/;
const ALIAS_LENGTH_MAX = 253;

/**
 * What can be said of a service's networks without looking at others.
 * @throws SwarmError invalidArgument.
 */
export function validateNetworks(networks: readonly NetworkAttachmentConfig[]): void {
  checkLimit(SPEC_LIMITS.networks, networks.length);
  for (const { target, aliases, driverOptions } of networks) {
    check(target !== "", "a network of a service needs a name");
    checkLimit(SPEC_LIMITS.aliases, aliases.length);
    for (const alias of aliases) {
      check(
        ALIAS.test(alias) && alias.length <= ALIAS_LENGTH_MAX && !alias.includes(".."),
        `invalid alias ${quoted(alias)} on network ${quoted(target)}: expected a DNS name`,
      );
    }
    const distinct = new Set(aliases.map((alias) => alias.toLowerCase()));
    check(distinct.size === aliases.length, `an alias is given twice on network ${quoted(target)}`);
    const options = Object.entries(driverOptions);
    checkLimit(SPEC_LIMITS.driverOptions, options.length);
    for (const [key, value] of options) {
      checkLimit(SPEC_LIMITS.labelKey, bytesOf(key));
      checkLimit(SPEC_LIMITS.labelValue, bytesOf(value));
    }
  }
}

/**
 * The spec with its networks named by id, however the caller named them.
 * @throws SwarmError notFound for an unknown network; invalidArgument for ingress, which is joined by publishing a
 * port, for a network given twice, for two with the same addresses, and for what contradicts a network of the host's
 * own.
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
    checkFits(spec, attachment, network);
    return { ...attachment, target: network.id };
  });
  const resolved = { ...spec, task: { ...spec.task, networks } };
  checkApart(networksOf(view, resolved));
  return resolved;
}

/** The host's namespace, or none, is all that a task has; names are answered where there are addresses. */
function checkFits({ task, endpoint }: ServiceSpec, { aliases }: NetworkAttachmentConfig, { spec }: Network): void {
  const { name } = spec.annotations;
  if (hasAddresses(spec)) return;
  check(aliases.length === 0, `network ${name} has no names, so an alias on it would mean nothing`);
  if (driverOf(spec) === "bridge") return;
  check(task.networks.length === 1, `network ${name} cannot be combined with other networks`);
  const ports = endpoint?.ports ?? [];
  if (driverOf(spec) === "host") {
    check(
      !ports.some(isIngress),
      `ports cannot be published through the routing mesh for tasks on network ${name}: they listen on their host itself`,
    );
    check(
      ports.length === 0,
      `ports need not be published for tasks on network ${name}: they listen on their host itself`,
    );
    return;
  }
  check(ports.length === 0, `ports cannot be published for tasks on network ${name}, which have no network`);
}
