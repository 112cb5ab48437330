import type { Cell } from "../../worker/executor/cell-maker.ts";

/** What a step has around it, with marks in it that no builder would write. */
export function createCell(part: Partial<Cell> = {}): Cell {
  const rights = { bounding: ["CAP_CHOWN"], effective: ["CAP_CHOWN"], permitted: ["CAP_CHOWN"], inheritable: [] };
  const shm = { destination: "/dev/shm", type: "tmpfs", source: "shm", options: ["size=7"] };
  const groups = { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"] };
  return {
    config: {
      process: {
        ...{ terminal: false, args: ["not this"], env: [], cwd: "/", noNewPrivileges: true, oomScoreAdj: 5 },
        user: { uid: 0, gid: 0, additionalGids: [], umask: 18 },
        capabilities: rights,
        rlimits: [{ type: "RLIMIT_CORE", soft: 1, hard: 2 }],
      },
      mounts: [
        shm,
        groups,
        { ...groups, type: "none", options: ["bind", "remount", "ro"] },
        { destination: "/etc/hosts", type: "bind", source: "/not/this", options: [] },
      ],
      linux: { namespaces: [{ type: "network", path: "/run/ns|&\\1" }], cgroupsPath: "/swarm/key" },
    },
    userCapabilities: { ...rights, effective: [], permitted: [] },
    hostname: "0123456789ab",
    names: { hosts: "/cell/hosts", hostnameFile: "/cell/hostname", resolvConf: "/cell/resolv.conf" },
    namespacePath: "/run/ns",
    ociRuntime: "crun",
    ...part,
  };
}
