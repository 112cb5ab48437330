import type { ContainerKey } from "../../shared/ids.ts";

/** Where a task's things are on this host. The container's name for the OCI runtime is the task's id. */
export interface ContainerPaths {
  /** In the run directory: gone after a reboot, like the container. The OCI bundle, too. */
  readonly state: string;
  readonly record: string;
  readonly config: string;
  /** What to run, in the runtime's format: the base of health checks. */
  readonly process: string;
  /** Where the monitor has mounted the memory file system for secrets and configs; empty for everybody else. */
  readonly files: string;
  /** Limits that are to hold from now on, in the runtime's format. */
  readonly resources: string;
  readonly pidFile: string;
  readonly monitorPidFile: string;
  /** The named pipe on which the monitor takes orders. */
  readonly monitorControl: string;
  /** The socket at which the monitor connects with whoever attaches. */
  readonly monitorSocket: string;
  /** The number of the process that becomes the monitor. */
  readonly launchPidFile: string;
  /** The health check as a process of the container, and its number while it runs. */
  readonly probe: string;
  readonly probePidFile: string;
  /** A step of the container's life, and its number while it runs. */
  readonly step: string;
  readonly stepPidFile: string;
  /** conmon's own notes: `exit`, `oom`. */
  readonly persist: string;
  /** conmon's exit file, in a directory shared by all tasks. */
  readonly exit: string;
  /** The OCI runtime's own notes. */
  readonly oci: string;
  /** In the data directory: nothing that the container can fill is in the run directory, which is memory. */
  readonly data: string;
  readonly hosts: string;
  readonly hostnameFile: string;
  readonly resolvConf: string;
  readonly upper: string;
  readonly work: string;
  readonly rootfs: string;
  readonly log: string;
}

/** The directories that tasks share. */
export interface SharedPaths {
  readonly states: string;
  readonly exits: string;
  readonly oci: string;
  readonly containers: string;
}

export function sharedPaths(dataDirectory: string, runDirectory: string): SharedPaths {
  return {
    states: `${runDirectory}/containers`,
    exits: `${runDirectory}/exits`,
    oci: `${runDirectory}/oci`,
    containers: `${dataDirectory}/containers`,
  };
}

export function containerPaths(shared: SharedPaths, key: ContainerKey): ContainerPaths {
  const state = `${shared.states}/${key}`;
  const data = `${shared.containers}/${key}`;
  return {
    state,
    record: `${state}/record.json`,
    config: `${state}/config.json`,
    process: `${state}/process.json`,
    files: `${state}/files`,
    resources: `${state}/resources.json`,
    pidFile: `${state}/pid`,
    monitorPidFile: `${state}/monitor.pid`,
    monitorControl: `${state}/ctl`,
    monitorSocket: `${state}/attach`,
    launchPidFile: `${state}/launch.pid`,
    probe: `${state}/probe.json`,
    probePidFile: `${state}/probe.pid`,
    step: `${state}/step.json`,
    stepPidFile: `${state}/step.pid`,
    persist: `${state}/persist`,
    exit: `${shared.exits}/${key}`,
    oci: `${shared.oci}/${key}`,
    data,
    hosts: `${data}/hosts`,
    hostnameFile: `${data}/hostname`,
    resolvConf: `${data}/resolv.conf`,
    upper: `${data}/upper`,
    work: `${data}/work`,
    rootfs: `${data}/rootfs`,
    log: `${data}/container.log`,
  };
}
