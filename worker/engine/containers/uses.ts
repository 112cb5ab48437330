import type { OwnContainer } from "../../../shared/rpc/gen/containers.ts";
import type { ImageUser } from "../../images/image-keeper.ts";
import { isAnonymousName } from "../../volumes/plan-mounts.ts";
import type { VolumeUser } from "../volumes/volume-book.ts";

/*
 * What people's own containers need, as the host's database says it. The executor's records say so, too, but only of
 * containers that were made since the host started: a stopped one that nobody started after a reboot has none, and
 * still gets its volumes and its image back when it is started.
 */

/** Containers that have a volume, or would have it again: one that they name, or one that was made for them. */
export function volumeUsersAmong(own: readonly OwnContainer[], volume: string): readonly VolumeUser[] {
  const isMadeFor = ({ id }: OwnContainer): boolean => isAnonymousName(volume) && volume.startsWith(`${id}-`);
  const isNamedBy = ({ config }: OwnContainer): boolean =>
    (config?.task?.container?.mounts ?? []).some(({ type, source }) => type === "VOLUME" && source === volume);
  return own.filter((one) => isMadeFor(one) || isNamedBy(one)).map(({ config }) => ({ name: config?.name ?? "" }));
}

/** Whose image is whose; none of them runs, as far as this knows. */
export function imageUsersAmong(own: readonly OwnContainer[]): readonly ImageUser[] {
  return own.map(({ imageId, config }) => ({ imageId, name: config?.name ?? "", isRunning: false }));
}

/** Those that records know, and after them those that only the database knows. Names are unique on a host. */
export function withUnrecorded<User extends { readonly name: string }>(
  recorded: readonly User[],
  stored: readonly User[],
): readonly User[] {
  const known = new Set(recorded.map(({ name }) => name));
  return [...recorded, ...stored.filter(({ name }) => !known.has(name))];
}
