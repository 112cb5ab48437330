import { isDeepStrictEqual } from "node:util";
import type { HostFiles } from "../ports/host-files.ts";
import type { TaskNames } from "../ports/host-network.ts";
import { containerPaths, type SharedPaths } from "../runtime/container-paths.ts";
import type { ContainerRecords } from "./container-records.ts";
import { followMove } from "./name-files.ts";
import type { WantedContainer } from "./wanted-container.ts";

interface Parts {
  readonly files: HostFiles;
  readonly records: ContainerRecords;
  readonly shared: SharedPaths;
}

/**
 * Brings the files of names of a container that runs to `names`, from what its record says that they say: a daemon that
 * died in the middle of this leaves the old words in the record, and the next one writes the files.
 */
export async function tellNames(
  { files, records, shared }: Parts,
  { key, spec }: Pick<WantedContainer, "key" | "spec">,
  names: TaskNames,
): Promise<void> {
  const before = records.get(key)?.told;
  if (before === undefined) return;
  const told = { address: names.address, resolver: names.resolver };
  if (isDeepStrictEqual(before, told)) return;
  if (before !== null) await followMove(files, containerPaths(shared, key), spec, before, names);
  const record = records.get(key);
  if (record !== null) await records.put({ ...record, told });
}
