import type { OwnContainer } from "../../../shared/rpc/gen/containers.ts";

/** What this host keeps of its people's containers, on disk. */
export interface ContainerBook {
  load(): Promise<readonly OwnContainer[]>;
  put(container: OwnContainer): Promise<void>;
  remove(id: string): Promise<void>;
}
