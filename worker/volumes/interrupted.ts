import { type HostFiles, isUnfinished } from "../ports/host-files.ts";

/** What is made beside a volume's content, by what is put behind its path. */
export const ASIDE = {
  /** A copy of what an image has, until it is whole. */
  filled: ".new",
  /** What is being unpacked, until it is whole. */
  imported: ".import",
  /** The content that an import replaces, until the new one is in its place. */
  replaced: ".old",
} as const;

/**
 * Removes what a daemon that was killed left of a volume: beside its content, and all of one that it had not made yet
 * or had removed but for what is said of it, which the next volume of that name would take for its own.
 */
export async function sweepVolume(directory: string, files: HostFiles): Promise<void> {
  const path = `${directory}/_data`;
  await sweepAside(path, files);
  if ((await files.kindOf(path)) === null) return await files.remove(directory);
  for (const name of (await files.list(directory)).filter(isUnfinished)) await files.remove(`${directory}/${name}`);
}

/**
 * Removes what a daemon that was killed left beside a volume's content. One that was killed between taking the old
 * content away and putting the new one in its place has left the only copy of the old one beside an empty place, or
 * none: it goes back. That new content had not arrived shows in that it is still there; without it, what is in place
 * is the new content, even if it is nothing. Nobody uses or fills the volume meanwhile.
 */
export async function sweepAside(path: string, files: HostFiles): Promise<void> {
  const [imported, replaced] = [`${path}${ASIDE.imported}`, `${path}${ASIDE.replaced}`];
  const [incoming, old] = await Promise.all([files.kindOf(imported), files.kindOf(replaced)]);
  if (incoming !== null && old !== null) await files.replaceEmptyDirectory(path, replaced);
  await files.remove(replaced);
  // After the old content, since this is what says that it must go back.
  await files.remove(imported);
  await files.remove(`${path}${ASIDE.filled}`);
}
