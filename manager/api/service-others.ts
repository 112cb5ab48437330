import type { ServiceSpec } from "../../shared/objects/types.ts";
import { refuse } from "../../shared/spec-checks/refuse.ts";
import type { ReadView } from "../store/store-types.ts";
import { withContentIds } from "./content.ts";
import { withAffinityNames } from "./service-affinities.ts";
import { withDependencyNames } from "./service-dependencies.ts";
import { withNetworkIds } from "./service-networks.ts";
import { checkPortsFree } from "./validate-ports.ts";

/**
 * Checks what depends on other objects. Returns the spec with its references resolved.
 * @param self the service's id; "" = it is to be created.
 */
export function checkAgainstOthers(view: ReadView, spec: ServiceSpec, self: string): ServiceSpec {
  const { name } = spec.annotations;
  const namesake = name === "" ? undefined : view.byName("service", name);
  if (namesake !== undefined && namesake.id !== self) {
    refuse("alreadyExists", `service ${name} already exists: choose another name`);
  }
  checkPortsFree(view, spec, self);
  return withContents(view, withNetworkIds(view, withAffinityNames(view, withDependencyNames(view, spec, self), self)));
}

/** With its secrets and configs given by id, whatever the caller gave. */
function withContents(view: ReadView, spec: ServiceSpec): ServiceSpec {
  const { container } = spec.task;
  if (container.secrets.length + container.configs.length === 0) return spec;
  const secrets = withContentIds(view, "secret", container.secrets);
  const configs = withContentIds(view, "config", container.configs);
  return { ...spec, task: { ...spec.task, container: { ...container, secrets, configs } } };
}
