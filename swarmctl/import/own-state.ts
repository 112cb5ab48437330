import type { Cli } from "../cli.ts";
import type { OwnState } from "./plan.ts";

interface Named {
  readonly spec: { readonly annotations: { readonly name: string } | null } | null;
}

/** @throws SwarmError on a host that is no manager. */
export async function readOwnState(cli: Cli): Promise<OwnState> {
  const control = await cli.api.control();
  const options = { signal: cli.signal };
  const { services } = await control.listServices({}, options);
  const { networks } = await control.listNetworks({}, options);
  const { configs } = await control.listConfigs({}, options);
  const { secrets } = await control.listSecrets({}, options);
  return {
    services: new Set(services.flatMap(({ service }) => (service === null ? [] : [nameOf(service)]))),
    networks: new Set(networks.map(nameOf)),
    configs: new Map(configs.map((config) => [nameOf(config), config])),
    secrets: new Set(secrets.map(nameOf)),
  };
}

function nameOf({ spec }: Named): string {
  return (spec?.annotations?.name ?? "").toLowerCase();
}
