import { isEmpty } from "../../../shared/docker-shape/common.ts";
import { messageOf, SwarmError } from "../../../shared/errors.ts";
import { hasLabel, labelOf, labelsOf } from "../../../shared/objects/labels.ts";
import type { Random } from "../../../shared/ports/random.ts";
import type {
  CreateVolumeRequest,
  ListVolumesRequest,
  PruneVolumesRequest,
  PruneVolumesResponse,
  Volume,
} from "../../../shared/rpc/gen/volumes.ts";
import { validateLabels } from "../../../shared/spec-checks/validate-annotations.ts";
import {
  checkVolumeDriver,
  checkVolumeName,
  validateVolumeOptions,
} from "../../../shared/spec-checks/validate-mounts.ts";
import type { KeyedLock } from "../../executor/keyed-lock.ts";
import { needsMount } from "../../volumes/mount-command.ts";
import { isAnonymousName } from "../../volumes/plan-mounts.ts";
import type { Volumes } from "../../volumes/volumes.ts";
import type { EventLog } from "../events/event-log.ts";

/** Docker's mark of a volume that nobody named. */
export const ANONYMOUS_LABEL = "com.docker.volume.anonymous";
const ANONYMOUS_NAME_BYTES = 32;

/** A container that has a volume mounted, or would have it again. */
export interface VolumeUser {
  readonly name: string;
}

export interface VolumeBookParts {
  readonly volumes: Volumes;
  /** By a volume's name; the same as when containers are made. */
  readonly lock: KeyedLock;
  readonly hostname: string;
  /** All containers of this host that use a volume, running or not. */
  readonly usersOf: (name: string) => readonly VolumeUser[];
  readonly random: Random;
  readonly events: EventLog;
}

/** A host's volumes as people see them. */
export class VolumeBook {
  readonly #parts: VolumeBookParts;

  constructor(parts: VolumeBookParts) {
    this.#parts = parts;
  }

  /**
   * Makes a volume; one that is there is left as it is.
   * @throws SwarmError invalidArgument, or alreadyExists for one with other options.
   */
  async create({ name, driver, options, labels }: CreateVolumeRequest): Promise<Volume> {
    const { volumes, lock, random } = this.#parts;
    checkVolumeDriver(driver);
    validateVolumeOptions(options, "volume option ");
    validateLabels("volume", { labels });
    if (name !== "") checkVolumeName(name);
    const chosen = name === "" ? Buffer.from(random.bytes(ANONYMOUS_NAME_BYTES)).toString("hex") : name;
    const all = name === "" ? labelsOf([...Object.entries(labels), [ANONYMOUS_LABEL, ""]]) : labels;
    return await lock.run(chosen, async () => {
      const made = await volumes.make(chosen, { options, labels: all });
      if (!isEmpty(options) && !areAlike(made.options, options)) {
        throw new SwarmError("alreadyExists", `volume ${chosen} is there already, with other options`);
      }
      return await this.#read(chosen, false);
    });
  }

  /** By name. */
  async list(request: ListVolumesRequest): Promise<readonly Volume[]> {
    const names = (await this.#parts.volumes.list()).filter(
      (name) => request.names.length === 0 || request.names.some((part) => name.includes(part)),
    );
    const found: Volume[] = [];
    for (const name of names) {
      const isWanted = request.dangling === undefined || request.dangling === (this.#parts.usersOf(name).length === 0);
      if (!isWanted) continue;
      const volume = await this.#readIfThere(name, request.sizes);
      if (volume !== null && request.labels.every((label) => hasLabel(volume.labels, label))) found.push(volume);
    }
    return found;
  }

  /** @throws SwarmError notFound. */
  async inspect(name: string, withSize: boolean): Promise<Volume> {
    return await this.#read(name, withSize);
  }

  /** @throws SwarmError notFound unless `force`; failedPrecondition when containers use it, with their names. */
  async remove(name: string, force: boolean): Promise<void> {
    const { volumes, lock, usersOf, hostname } = this.#parts;
    await lock.run(name, async () => {
      if (!(await volumes.has(name))) {
        if (force) return;
        throw this.#noSuch(name);
      }
      const users = usersOf(name);
      if (users.length > 0) {
        const sentence = `cannot remove volume ${name} of node ${hostname}: ${usedBy(users)}`;
        throw new SwarmError("failedPrecondition", sentence);
      }
      await volumes.remove(name);
    });
  }

  /** Removes what no container uses and has no options; one that cannot be removed does not keep the others. */
  async prune({ all, labels, withoutLabels }: PruneVolumesRequest): Promise<PruneVolumesResponse> {
    const removed: string[] = [];
    const failures: string[] = [];
    let reclaimedBytes = 0;
    for (const volume of await this.list({ names: [], labels, dangling: true, sizes: true })) {
      const { name, anonymous, sizeBytes } = volume;
      if (!all && !anonymous) continue;
      // What it is of may be elsewhere, such as on a server: only who names it means that.
      if (Object.keys(volume.options).length > 0) continue;
      if (withoutLabels.some((label) => hasLabel(volume.labels, label))) continue;
      try {
        await this.remove(name, true);
        removed.push(name);
        reclaimedBytes += Math.max(0, sizeBytes);
      } catch (error) {
        failures.push(messageOf(error));
      }
    }
    this.#parts.events.note("volume", "prune", "", { reclaimed: String(reclaimedBytes) });
    return { removed, reclaimedBytes, failures };
  }

  async #readIfThere(name: string, withSize: boolean): Promise<Volume | null> {
    try {
      return await this.#read(name, withSize);
    } catch (error) {
      if (error instanceof SwarmError && error.code === "notFound") return null;
      throw error;
    }
  }

  async #read(name: string, withSize: boolean): Promise<Volume> {
    const { volumes, usersOf } = this.#parts;
    const facts = await volumes.describe(name);
    if (facts === null) throw this.#noSuch(name);
    const { options, labels, createdAtMs } = facts;
    return {
      ...{ name, createdAtMs, labels, options, mountpoint: volumes.pathOf(name) },
      anonymous: labelOf(labels, ANONYMOUS_LABEL) !== undefined || isAnonymousName(name),
      usedBy: usersOf(name).map((user) => user.name),
      sizeBytes: withSize && !needsMount({ options }) ? await volumes.bytesOf(name) : -1,
    };
  }

  #noSuch(name: string): SwarmError {
    return new SwarmError("notFound", `no such volume: ${name} (node ${this.#parts.hostname})`);
  }
}

/** Why a volume must stay, in words that name who uses it. */
export function usedBy(users: readonly VolumeUser[]): string {
  const names = users.map(({ name }) => name).sort();
  return names.length === 1 ? `container ${names[0]} uses it` : `containers ${names.join(", ")} use it`;
}

function areAlike(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => labelOf(b, key) === labelOf(a, key));
}
