import { filePath, referencesTo } from "../objects/file-reference.ts";
import type { ContainerSpec } from "../rpc/gen/objects.ts";
import { check, quoted } from "./refuse.ts";

/** Permission bits with setuid, setgid and sticky. */
const MODE_MAX = 0o7777;
/** As many as mounts, since each becomes a mount. */
const FILES_MAX = 200;
/** The kernel reserves the highest number for "unchanged". */
const OWNER_MAX = 4_294_967_294;

/** Checks secrets and configs as files, against each other and against mounts. @throws SwarmError invalidArgument. */
export function validateFiles(container: ContainerSpec): void {
  const references = referencesTo(container);
  check(references.length <= FILES_MAX, `at most ${FILES_MAX} secrets and configs are allowed`);
  const taken = new Map(container.mounts.map(({ target }) => [filePath("config", { target }), "a mount"]));
  for (const [kind, reference] of references) {
    const { sourceId, sourceName, target, uid, gid, mode = 0 } = reference;
    check(sourceId !== "" || sourceName !== "", `a ${kind} needs a source`);
    const isSane =
      target !== "" && !target.includes("\0") && !target.split("/").includes("..") && !target.endsWith("/");
    check(isSane, `invalid ${kind} target ${quoted(target)}: it must be the path of a file, without ".."`);
    check(mode <= MODE_MAX, `invalid mode ${mode.toString(8)} of ${kind} ${sourceName}: at most 7777 (octal)`);
    check(Math.max(uid, gid) <= OWNER_MAX, `invalid owner ${uid}:${gid} of ${kind} ${sourceName}`);
    const path = filePath(kind, reference);
    const holder = taken.get(path);
    check(holder === undefined, `duplicate target ${path}: ${kind} ${sourceName} and ${holder} cannot both be there`);
    taken.set(path, `${kind} ${sourceName}`);
  }
}
