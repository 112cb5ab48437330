import type { ServiceId } from "../../shared/ids.ts";
import type { Service, ServiceSpec } from "../../shared/objects/types.ts";
import type { JobStatus, SpecOrigin } from "../../shared/rpc/gen/objects.ts";
import { endpointOfNothing } from "./endpoint.ts";

/** A service that there was not before, with nothing done for it. */
export function freshService(
  id: ServiceId,
  spec: ServiceSpec,
  jobStatus: JobStatus | null,
  origin: SpecOrigin,
): Service {
  return {
    id,
    meta: { version: 0, createdAtMs: 0, updatedAtMs: 0 },
    spec,
    generation: 1,
    previousSpec: null,
    endpoint: endpointOfNothing(spec),
    updateStatus: null,
    troubles: [],
    jobStatus,
    autoscaleStatus: null,
    specVersion: 0,
    origin,
    canary: null,
    preDeploy: null,
    preDeployOf: "",
  };
}
