import { storageBytes } from "../../shared/objects/storage-options.ts";
import type { ContainerSpec } from "../../shared/rpc/gen/objects.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { ContainerPaths } from "./container-paths.ts";
import type { DirectoryLimits } from "./directory-limits.ts";

type Storage = Pick<ContainerSpec, "storageOptions">;

/** @throws SwarmError failedPrecondition where the size that is wanted for changed files cannot be kept. */
export function checkStorage({ storageOptions }: Storage, limits: Pick<DirectoryLimits, "check">): void {
  if (storageBytes(storageOptions) !== null) limits.check("a container's files", "--storage-opt");
}

/** Makes where the kernel puts what a container changes, with what that may take. */
export async function makeOwnFiles(
  { upper, work }: ContainerPaths,
  { storageOptions }: Storage,
  { files, limits }: { readonly files: Pick<HostFiles, "makeDirectory">; readonly limits: DirectoryLimits },
): Promise<void> {
  await Promise.all([files.makeDirectory(upper, 0o755), files.makeDirectory(work)]);
  const bytes = storageBytes(storageOptions);
  // Of one project: files go from one to the other.
  if (bytes !== null) limits.limit([upper, work], bytes);
}
