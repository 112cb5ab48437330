import type { ContainerConfig, OwnContainer } from "../../../shared/rpc/gen/containers.ts";
import type { ContainerExecutor } from "../../executor/container-executor.ts";
import type { WantedContainer } from "../../executor/wanted-container.ts";
import type { ContainerPlaces } from "../networks/container-places.ts";
import { isRunning } from "./state.ts";

interface MovingParts {
  readonly executor: Pick<ContainerExecutor, "reconnect">;
  readonly places: Pick<ContainerPlaces, "adopt" | "lease" | "publish">;
  readonly wanted: (stored: OwnContainer) => WantedContainer;
}

/**
 * Brings a container to the networks of `config`, also while it runs. `put` keeps what changes of it.
 * @throws SwarmError; then it is on the networks that it was on.
 */
export async function moveContainer(
  before: OwnContainer,
  config: ContainerConfig,
  { executor, places, wanted }: MovingParts,
  put: (change: Partial<OwnContainer>) => Promise<void>,
): Promise<void> {
  if (!isRunning(before)) return await put({ config });
  try {
    const leased = await places.lease({ ...before, config });
    await put({ config, places: leased });
    places.publish();
    await executor.reconnect(wanted({ ...before, config, places: leased }));
  } catch (error) {
    places.adopt(before);
    await put({ config: before.config, places: before.places });
    places.publish();
    await executor.reconnect(wanted(before)).catch(() => {});
    throw error;
  }
}
