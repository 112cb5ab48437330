import { mustHave } from "../../shared/invariant.ts";
import type { UpdateServiceRequest } from "../../shared/rpc/gen/control.ts";
import type { Service, ServiceSpec } from "../../shared/rpc/gen/objects.ts";
import type { Cli } from "../cli.ts";
import { againIfOutrun } from "../write-again.ts";

/** A manager may have to ask a slow registry for the new image's digest. */
const UPDATE_TIMEOUT_MS = 60_000;

/**
 * Reads a service, changes its spec, writes it; prints the manager's warnings. Resolves with the service as written.
 */
export function changeServiceSpec(
  cli: Cli,
  ref: string,
  change: (spec: ServiceSpec) => ServiceSpec,
  options: Pick<Write, "noResolveImage" | "replicasGiven">,
): Promise<Service> {
  return writeService(cli, ref, (service) => ({
    spec: change(mustHave(service.spec, "the service's spec")),
    ...options,
  }));
}

type Write = Partial<
  Pick<
    UpdateServiceRequest,
    "spec" | "noResolveImage" | "replicasGiven" | "rollback" | "rollbackTo" | "promote" | "abort" | "runNow"
  >
>;

/**
 * Reads a service and requests a change of exactly what was read; does so again when another change comes in between.
 */
export async function writeService(cli: Cli, ref: string, toWrite: (service: Service) => Write): Promise<Service> {
  const control = await cli.api.control();
  return againIfOutrun(async () => {
    const { service } = await control.getService({ ref }, { signal: cli.signal });
    const current = mustHave(service, "the service of the answer");
    const write = toWrite(current);
    const { service: written, warnings } = await control.updateService(
      { ref: current.id, version: current.meta?.version ?? 0, ...write },
      { signal: cli.signal, timeoutMs: UPDATE_TIMEOUT_MS },
    );
    for (const warning of warnings) cli.output.warn(warning);
    return mustHave(written, "the service of the answer");
  });
}
