import { dirname } from "node:path";
import type { ContainerKey } from "../../shared/ids.ts";
import type { MonitorLaunch } from "../ports/monitor-launcher.ts";
import type { ContainerPaths, SharedPaths } from "./container-paths.ts";

/** Standard input of a container: empty; open as long as it runs; closed when the first who attached has gone. */
export type StdinLife = "none" | "kept" | "once";

export interface LaunchRequest {
  readonly key: ContainerKey;
  /** Docker's name for it: service.slot.task. */
  readonly name: string;
  readonly paths: ContainerPaths;
  readonly shared: SharedPaths;
  /** The directory the layer links are relative to. */
  readonly overlayDirectory: string;
  /** Topmost first. */
  readonly layerLinks: readonly string[];
  readonly tty: boolean;
  readonly stdin: StdinLife;
  /** Mount options of the memory file system for secrets and configs; empty = none is needed. */
  readonly memoryOptions: readonly string[];
  readonly conmon: string;
  /** By name or path. */
  readonly ociRuntime: string;
  readonly ociArguments: readonly string[];
  /** Host paths with which mounts are shared, each seen at `sharedPlace` of its index by the runtime alone. */
  readonly sharedSources: readonly string[];
  /** Bytes after which the monitor begins the log anew by itself; null = no log is kept. */
  readonly logBytesMax: number | null;
}

/**
 * An image's layers must not decide what is seen through them. By an attribute of a layer's file the kernel would show
 * another directory in its place (redirect_dir), or another file's content (metacopy), chosen by whoever made the
 * image. These options are given although they are the default of most kernels, because some are built otherwise.
 */
const HARDENED = "redirect_dir=nofollow,metacopy=off,index=off,xino=off";

/** Where the runtime finds the source of a shared mount. */
export function sharedPlace(paths: ContainerPaths, index: number): string {
  return `${paths.state}/shared/${index}`;
}

/**
 * What a MonitorLauncher does for a container. Layers are named by short links relative to the image store's directory,
 * since all options must fit into one page.
 */
export function monitorLaunch(request: LaunchRequest): MonitorLaunch {
  const { paths, sharedSources, memoryOptions } = request;
  return {
    mounts: {
      overlay: {
        directory: request.overlayDirectory,
        options: writableOverlay(request.layerLinks, paths),
        target: paths.rootfs,
      },
      memory: memoryOptions.length === 0 ? null : { options: memoryOptions, target: paths.files },
      shared: { directory: dirname(sharedPlace(paths, 0)), sources: sharedSources },
    },
    argv: monitorCommand(request),
    runtime: request.ociRuntime,
    pidFile: paths.launchPidFile,
  };
}

/** Options of the mount of a container's root; layers topmost first. */
export function writableOverlay(
  layerLinks: readonly string[],
  { upper, work }: Pick<ContainerPaths, "upper" | "work">,
): string {
  return `lowerdir=${layerLinks.join(":")},upperdir=${upper},workdir=${work},${HARDENED}`;
}

/** The same for whoever only reads, which any number may at a time. */
export function readOnlyOverlay(layerLinks: readonly string[], { upper }: Pick<ContainerPaths, "upper">): string {
  return `lowerdir=${[upper, ...layerLinks].join(":")},${HARDENED}`;
}

function monitorCommand(request: LaunchRequest): readonly [string, ...string[]] {
  const { paths, key } = request;
  return [
    request.conmon,
    ...["--api-version", "1"],
    ...["--cid", key, "--cuuid", key, "--name", request.name],
    ...request.ociArguments.flatMap((argument) => ["--runtime-arg", argument]),
    ...["--bundle", paths.state, "--persist-dir", paths.persist, "--exit-dir", request.shared.exits],
    ...["--container-pidfile", paths.pidFile, "--conmon-pidfile", paths.monitorPidFile],
    ...logArguments(request),
    ...["--full-attach", "--no-sync-log"],
    ...(request.tty ? ["--terminal"] : stdinArguments(request.stdin)),
  ];
}

/** A terminal is its own input, which the monitor passes on in any case, and would close as a whole. */
function stdinArguments(stdin: StdinLife): readonly string[] {
  switch (stdin) {
    case "none":
      return [];
    case "kept":
      return ["--stdin", "--leave-stdin-open"];
    case "once":
      return ["--stdin"];
  }
}

function logArguments({ paths, logBytesMax }: LaunchRequest): readonly string[] {
  if (logBytesMax === null) return ["--log-path", "none"];
  return ["--log-path", `k8s-file:${paths.log}`, "--log-size-max", String(logBytesMax)];
}
