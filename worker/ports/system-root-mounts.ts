import { LaunchNamespace } from "./launch-namespace.ts";
import type { RootMounts } from "./root-mounts.ts";

/** In a mount namespace that only this daemon's open files keep. */
export const systemRootMounts: RootMounts = {
  open: (overlay) => new LaunchNamespace({ overlay, memory: null, shared: { directory: "", sources: [] } }),
};
