import { posix } from "node:path";
import { SwarmError } from "../../shared/errors.ts";
import type { OpenDirectory, RootedTree } from "../ports/rooted-tree.ts";
import type { TreeWriter } from "../ports/tree-writer.ts";

/** Of directories that somebody needs, and nobody has described. */
const MISSING_DIRECTORY = { mode: 0o755, uid: 0, gid: 0, mtimeSeconds: 0 };

/** A directory of a tree, made where it is not there. @throws SwarmError failedPrecondition where something else is. */
export async function openOrMake(writer: TreeWriter, tree: RootedTree, path: string): Promise<OpenDirectory> {
  const found = await tree.openDirectory(path);
  if (found !== null) return found;
  const { kind } = await tree.resolve(path);
  if (kind !== null || path === "/") throw new SwarmError("failedPrecondition", `${path} is not a directory`);
  await using parent = await openOrMake(writer, tree, posix.dirname(path));
  await writer.directory(parent.handlePath, posix.basename(path), MISSING_DIRECTORY);
  const made = await tree.openDirectory(path);
  if (made === null) throw new SwarmError("failedPrecondition", `${path} is not a directory`);
  return made;
}
