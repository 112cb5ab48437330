import { mustHave } from "../../shared/invariant.ts";
import { FILE_MODE, filePath, referencesTo } from "../../shared/objects/file-reference.ts";
import type { ContainerSpec } from "../../shared/rpc/gen/objects.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { OciMount } from "../runtime/oci-mount.ts";

/** A secret or config as a file that one container sees. */
export interface ContentFile {
  /** In the container, absolute. */
  readonly target: string;
  readonly data: Uint8Array;
  readonly owner: { readonly uid: number; readonly gid: number; readonly mode: number };
}

const PAGE_BYTES = 4_096;
/** The directory itself, and what a kernel may count in addition to the files. */
const SPARE_INODES = 8;
const SPARE_PAGES = 4;
const ANY_EXECUTE = 0o111;

/** The files of a container. `data` holds, by id, the content of each secret or config for it. */
export function contentFiles(container: ContainerSpec, data: ReadonlyMap<string, Uint8Array>): readonly ContentFile[] {
  return referencesTo(container).map(([kind, reference]) => {
    const { uid, gid, mode = FILE_MODE, sourceId, sourceName } = reference;
    const bytes = mustHave(data.get(sourceId), `${kind} ${sourceName}`);
    return { target: filePath(kind, reference), data: bytes, owner: { uid, gid, mode } };
  });
}

/**
 * Options of the memory file system that holds them, sized so that nothing else fits; empty = no files. It is mounted
 * where only the container's monitor sees it, and is gone when the monitor ends, whatever happens to this daemon.
 */
export function memoryOptions(files: readonly ContentFile[]): readonly string[] {
  if (files.length === 0) return [];
  const pages = files.reduce((sum, { data }) => sum + Math.ceil(data.length / PAGE_BYTES), SPARE_PAGES);
  const size = [`size=${pages * PAGE_BYTES}`, `nr_inodes=${files.length + SPARE_INODES}`];
  return ["nosuid", "nodev", ...(files.some(isExecutable) ? [] : ["noexec"]), "mode=0700", ...size];
}

/** One read-only mount for each; `directory` is the memory file system as the monitor sees it. */
export function fileMounts(files: readonly ContentFile[], directory: string): readonly OciMount[] {
  return files.map((file, at) => ({
    destination: file.target,
    type: "bind",
    source: `${directory}/${at}`,
    options: ["bind", "rprivate", "ro", "nosuid", "nodev", ...(isExecutable(file) ? [] : ["noexec"])],
  }));
}

/** People keep the script that an image should begin with in a config of mode 0755, and Docker runs it. */
function isExecutable({ owner }: ContentFile): boolean {
  return (owner.mode & ANY_EXECUTE) !== 0;
}

/** Writes them into the memory file system; `directory` is its path as this daemon sees it. */
export async function writeFiles(files: readonly ContentFile[], directory: string, host: HostFiles): Promise<void> {
  await Promise.all(files.map(({ data, owner }, at) => host.writeBytes(`${directory}/${at}`, data, owner)));
}
