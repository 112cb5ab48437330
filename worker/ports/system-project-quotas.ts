import { statfsSync, statSync } from "node:fs";
import { constants } from "node:os";
import { getSystemErrorMessage } from "node:util";
import { SwarmError } from "../../shared/errors.ts";
import type { ProjectQuotas, ProjectUse } from "./project-quotas.ts";
import { closeFile, controlQuotaAt, controlQuotaOf, exchange, openFile } from "./system-calls.ts";

const { ENOSYS, ENOENT, ESRCH } = constants.errno;

/** struct fsxattr of linux/fs.h: flags, extent size, extents, project, copy-on-write extent size, 8 bytes of room. */
const ATTRIBUTES_BYTES = 28;
const PROJECT_AT = 12;
const FS_IOC_FSGETXATTR = 0x801c581f;
const FS_IOC_FSSETXATTR = 0x401c5820;
const FS_XFLAG_PROJINHERIT = 0x200;

/** struct fs_disk_quota of linux/dqblk_xfs.h, which ext4 understands as well. */
const QUOTA_BYTES = 112;
const QUOTA = { version: 0, kind: 1, fields: 2, project: 4, hard: 8, soft: 16, blocks: 40, files: 48 } as const;
const FS_DQUOT_VERSION = 1;
const FS_PROJ_QUOTA = 2;
const FS_DQ_BSOFT_AND_BHARD = 0b1100;
const BLOCK_BYTES = 512;

/** struct fs_quota_statv of the same file. */
const STATE_BYTES = 256;
const STATE_VERSION = 1;
const STATE_FLAGS_AT = 2;
const FS_QUOTA_PDQ_ACCT_AND_ENFD = 0b110000;

const COMMANDS = { get: 0x5803, set: 0x5804, state: 0x5808, next: 0x5809 } as const;
const PRJQUOTA = 2;

/** Those of linux/magic.h that people have. */
const FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0xef53, "ext4"],
  [0x58465342, "XFS"],
  [0x9123683e, "btrfs"],
  [0x2fc12fc1, "ZFS"],
  [0x01021994, "tmpfs"],
  [0x794c7630, "overlay"],
  [0x6969, "NFS"],
]);
const HAVE_PROJECTS: ReadonlySet<string> = new Set(["ext4", "XFS"]);

/** The machine's file systems. */
export const systemProjectQuotas: ProjectQuotas = {
  lackAt(at) {
    const state = Buffer.alloc(STATE_BYTES);
    state.writeInt8(STATE_VERSION, 0);
    const isOn = control(at, COMMANDS.state, 0, state) === 0;
    const flags = isOn ? state.readUInt16LE(STATE_FLAGS_AT) : 0;
    if ((flags & FS_QUOTA_PDQ_ACCT_AND_ENFD) === FS_QUOTA_PDQ_ACCT_AND_ENFD) return null;
    const name = fileSystemAt(at);
    if (HAVE_PROJECTS.has(name)) return `is on ${name} without project quotas`;
    return `is on ${name || "a file system"} that has no project quotas`;
  },
  projectOf(path) {
    try {
      return attributes(path, (_, bytes) => bytes.readUInt32LE(PROJECT_AT));
    } catch {
      return 0;
    }
  },
  join(directory, project) {
    attributes(directory, (file, bytes) => {
      bytes.writeUInt32LE((bytes.readUInt32LE(0) | FS_XFLAG_PROJINHERIT) >>> 0, 0);
      bytes.writeUInt32LE(project, PROJECT_AT);
      must(exchange(file, FS_IOC_FSSETXATTR, bytes), `put ${directory} into a project`);
    });
  },
  useOf(at, project) {
    const bytes = Buffer.alloc(QUOTA_BYTES);
    const result = control(at, COMMANDS.get, project, bytes);
    // XFS: nothing is known of that number.
    if (result === -ENOENT || result === -ESRCH) return { limitBytes: 0, usedBytes: 0, files: 0 };
    must(result, `read the quota of a project at ${at}`);
    return useIn(bytes);
  },
  limit(at, project, limitBytes) {
    const bytes = Buffer.alloc(QUOTA_BYTES);
    bytes.writeInt8(FS_DQUOT_VERSION, QUOTA.version);
    bytes.writeInt8(FS_PROJ_QUOTA, QUOTA.kind);
    bytes.writeUInt16LE(FS_DQ_BSOFT_AND_BHARD, QUOTA.fields);
    bytes.writeUInt32LE(project, QUOTA.project);
    const blocks = BigInt(Math.ceil(limitBytes / BLOCK_BYTES));
    bytes.writeBigUInt64LE(blocks, QUOTA.hard);
    bytes.writeBigUInt64LE(blocks, QUOTA.soft);
    must(control(at, COMMANDS.set, project, bytes), `limit a project at ${at}`);
  },
  projects(at, from, to) {
    const found: (ProjectUse & { readonly project: number })[] = [];
    for (let next = from; next <= to; ) {
      const bytes = Buffer.alloc(QUOTA_BYTES);
      if (control(at, COMMANDS.next, next, bytes) !== 0) break;
      const project = bytes.readUInt32LE(QUOTA.project);
      if (project < next || project > to) break;
      found.push({ project, ...useIn(bytes) });
      next = project + 1;
    }
    return found;
  },
};

/** The kind of file system that a path is on; "" = none that people know. */
export function fileSystemAt(path: string): string {
  return FILE_SYSTEMS.get(statfsSync(path).type) ?? "";
}

function useIn(bytes: Buffer): ProjectUse {
  return {
    limitBytes: Number(bytes.readBigUInt64LE(QUOTA.hard)) * BLOCK_BYTES,
    usedBytes: Number(bytes.readBigUInt64LE(QUOTA.blocks)) * BLOCK_BYTES,
    files: Number(bytes.readBigUInt64LE(QUOTA.files)),
  };
}

function attributes<T>(path: string, use: (file: number, bytes: Buffer) => T): T {
  return withFile(path, (file) => {
    const bytes = Buffer.alloc(ATTRIBUTES_BYTES);
    must(exchange(file, FS_IOC_FSGETXATTR, bytes), `read the project of ${path}`);
    return use(file, bytes);
  });
}

/** Kernels before 5.14 want the block device, which udev names by its numbers. */
function control(at: string, command: number, project: number, bytes: Buffer): number {
  const full = (command << 8) | PRJQUOTA;
  const result = withFile(at, (file) => controlQuotaAt(file, full, project, bytes));
  if (result !== -ENOSYS) return result;
  const device = BigInt(statSync(at, { bigint: true }).dev);
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return controlQuotaOf(`/dev/block/${major}:${minor}`, full, project, bytes);
}

function withFile<T>(path: string, use: (file: number) => T): T {
  const file = openFile(path);
  try {
    return use(file);
  } finally {
    closeFile(file);
  }
}

/** @throws SwarmError internal */
function must(result: number, what: string): void {
  if (result < 0) throw new SwarmError("internal", `cannot ${what}: ${getSystemErrorMessage(result)}`);
}
