import type { LaunchMounts, MountedFiles } from "./monitor-launcher.ts";

/** A root file system, and whatever is mounted in it meanwhile. */
export interface OpenRoot extends MountedFiles, AsyncDisposable {
  /**
   * Mounts a file or directory, and what is mounted below it, over another; both opened below `pathOf` or `rootfs`.
   * @throws SwarmError internal with the kernel's reason.
   */
  cover(handlePath: string, place: string): void;
  /** What `cover` mounted there, opened again: nothing can be written to it any more, but to what is mounted below. */
  makeReadOnly(handlePath: string): void;
}

/** The root file system of a container in which nothing runs, mounted for this daemon alone. */
export interface RootMounts {
  /**
   * It is gone when this is disposed, or with the daemon.
   * @throws SwarmError internal with the kernel's reason; resourceExhausted.
   */
  open(overlay: LaunchMounts["overlay"]): OpenRoot;
}
