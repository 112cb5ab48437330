/** What is mounted for one container: only its monitor and itself see it, and it is gone with the last of them. */
export interface LaunchMounts {
  /** The root file system. `options` are relative to `directory`, since all of them must fit into one page. */
  readonly overlay: { readonly directory: string; readonly options: string; readonly target: string };
  /** A memory file system with these options of mount(8); null = none. Where the kernel can, it never gets to disk. */
  readonly memory: { readonly options: readonly string[]; readonly target: string } | null;
  /**
   * Host paths whose mounts host and container pass to each other. Each is bound at the place of its index in
   * `directory`; all else is only passed on from the host.
   */
  readonly shared: { readonly directory: string; readonly sources: readonly string[] };
}

export interface MonitorLaunch {
  readonly mounts: LaunchMounts;
  /** conmon and its arguments, but for the runtime. */
  readonly argv: readonly [string, ...string[]];
  /** OCI runtime, by name or path; conmon wants the path. */
  readonly runtime: string;
  /** Where the number of the process that becomes the monitor is written. */
  readonly pidFile: string;
}

/** What has been mounted, before anything runs that uses it. */
export interface MountedFiles {
  /** By these paths this daemon reaches what is mounted, as long as it is not told to go on. */
  readonly rootfs: string;
  readonly memory: string;
  /** By this path it reaches one of the host's as it is for what will be launched. */
  pathOf(path: string): string;
  /**
   * Mounts a file or directory, which must have been opened below `pathOf`, at another place too, an absolute path of
   * the host. @throws SwarmError internal with the kernel's reason.
   */
  bind(handlePath: string, place: string): void;
}

/** What conmon says once, after the OCI runtime has made the container or refused to. */
export interface MonitorReply {
  /** Process id of the container's first process; negative = it was not made. */
  readonly pid: number;
  /** What the runtime complained about, or why it could not be started; "" = nothing. */
  readonly complaint: string;
}

/** Starts a container's monitor so that it survives this daemon. */
export interface MonitorLauncher {
  /**
   * Mounts, calls `whileMounted`, starts conmon detached, and waits for its one reply. When `whileMounted` throws, or
   * this daemon dies before that, conmon is never started and nothing stays mounted.
   * @throws SwarmError deadlineExceeded when there is no reply within `timeoutMs`, cancelled when the signal was
   * aborted; what was started is then killed, and the signal of `whileMounted` aborted; resourceExhausted; what
   * `whileMounted` throws.
   */
  launch(
    launch: MonitorLaunch,
    timeoutMs: number,
    signal: AbortSignal,
    whileMounted: (mounted: MountedFiles, signal: AbortSignal) => Promise<void>,
  ): Promise<MonitorReply>;
}
