import type { LaunchMounts } from "./monitor-launcher.ts";

/** The root file system of a container in which nothing runs, mounted for this daemon alone. */
export interface RootMounts {
  /**
   * It is gone when this is disposed, or with the daemon.
   * @throws SwarmError internal with the kernel's reason; resourceExhausted.
   */
  open(overlay: LaunchMounts["overlay"]): { readonly rootfs: string } & AsyncDisposable;
}
