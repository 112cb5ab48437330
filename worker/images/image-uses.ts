import type { Clock } from "../../shared/ports/clock.ts";
import type { HostFiles } from "../ports/host-files.ts";
import { recordOf, stringOf, stringsOf } from "./image-config.ts";

/** What this host remembers of its images' uses. */
export interface UseMemory {
  /** When an image was last asked for, Unix milliseconds, by its id. */
  readonly usedAtMs: ReadonlyMap<string, number>;
  /** Images of services that have, or had, tasks here: by service, the newest first, at most IMAGES_KEPT. */
  readonly ofServices: ReadonlyMap<string, readonly string[]>;
  /** Images that came from a registry, and can be had from there again. */
  readonly fetched: ReadonlySet<string>;
}

/** Of one service: what runs, and what ran before its latest update, which a rollback needs. */
export const IMAGES_KEPT = 2;
/** A service without tasks here may get some back: one that is scaled down, or between two versions. */
export const SERVICE_FORGOTTEN_MS = 24 * 60 * 60_000;
/** A use that was noted so recently is not written down again. */
const NOTE_PERIOD_MS = 60 * 60_000;
const FORMAT_VERSION = 1;

export const NO_MEMORY: UseMemory = { usedAtMs: new Map(), ofServices: new Map(), fetched: new Set() };

/** The memory after an image was used at a time. */
export function withUse(memory: UseMemory, imageId: string, serviceId: string, wallMs: number): UseMemory {
  const usedAtMs = new Map(memory.usedAtMs).set(imageId, wallMs);
  if (serviceId === "") return { ...memory, usedAtMs };
  const before = (memory.ofServices.get(serviceId) ?? []).filter((id) => id !== imageId);
  return {
    ...memory,
    usedAtMs,
    ofServices: new Map(memory.ofServices).set(serviceId, [imageId, ...before].slice(0, IMAGES_KEPT)),
  };
}

/**
 * The memory without what is no longer there: images that were removed, and services that have had no tasks here for
 * SERVICE_FORGOTTEN_MS.
 */
export function withoutGone(
  memory: UseMemory,
  imageIds: ReadonlySet<string>,
  serviceIds: ReadonlySet<string>,
  wallMs: number,
): UseMemory {
  const isRecent = (images: readonly string[]): boolean =>
    images.some((id) => wallMs - (memory.usedAtMs.get(id) ?? 0) < SERVICE_FORGOTTEN_MS);
  return {
    usedAtMs: new Map([...memory.usedAtMs].filter(([id]) => imageIds.has(id))),
    ofServices: new Map([...memory.ofServices].filter(([id, images]) => serviceIds.has(id) || isRecent(images))),
    fetched: new Set([...memory.fetched].filter((id) => imageIds.has(id))),
  };
}

/** Remembers over restarts which images were used when, and by which services. */
export class ImageUses {
  readonly #path: string;
  readonly #files: HostFiles;
  readonly #clock: Clock;
  #memory: UseMemory;
  readonly #preparedAtMs = new Map<string, number>();
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, files: HostFiles, clock: Clock, memory: UseMemory) {
    this.#path = path;
    this.#files = files;
    this.#clock = clock;
    this.#memory = memory;
  }

  /** What cannot be read is forgotten: at worst an image is fetched again. */
  static async open(path: string, files: HostFiles, clock: Clock): Promise<ImageUses> {
    return new ImageUses(path, files, clock, parseMemory((await files.readText(path)) ?? ""));
  }

  get memory(): UseMemory {
    return this.#memory;
  }

  /** When an image was last given to a task or container, Unix milliseconds; since this daemon started. */
  get preparedAtMs(): ReadonlyMap<string, number> {
    return this.#preparedAtMs;
  }

  /** A container is about to be made from it. */
  prepared(imageId: string, serviceId: string): void {
    this.#preparedAtMs.set(imageId, this.#clock.wallNow());
    this.note(imageId, serviceId);
  }

  /** Returns at once: a container that starts does not wait for the disk. */
  note(imageId: string, serviceId: string): void {
    const wallMs = this.#clock.wallNow();
    const isNews =
      wallMs - (this.#memory.usedAtMs.get(imageId) ?? 0) >= NOTE_PERIOD_MS ||
      (serviceId !== "" && this.#memory.ofServices.get(serviceId)?.[0] !== imageId);
    this.#memory = withUse(this.#memory, imageId, serviceId, wallMs);
    if (isNews) void this.#write();
  }

  /** It came from a registry. */
  noteFetched(imageId: string): void {
    if (this.#memory.fetched.has(imageId)) return;
    this.#memory = { ...this.#memory, fetched: new Set([...this.#memory.fetched, imageId]) };
    void this.#write();
  }

  /** Forgets what is no longer there. */
  async tidy(imageIds: ReadonlySet<string>, serviceIds: ReadonlySet<string>): Promise<void> {
    const { usedAtMs, ofServices } = this.#memory;
    this.#memory = withoutGone(this.#memory, imageIds, serviceIds, this.#clock.wallNow());
    for (const id of this.#preparedAtMs.keys()) if (!imageIds.has(id)) this.#preparedAtMs.delete(id);
    const isSame = this.#memory.usedAtMs.size === usedAtMs.size && this.#memory.ofServices.size === ofServices.size;
    if (!isSame) await this.#write();
  }

  /** One after the other; a disk that takes nothing costs only this memory. */
  #write(): Promise<void> {
    this.#writing = this.#writing.then(() =>
      this.#files.writeText(this.#path, formatMemory(this.#memory)).catch(() => {}),
    );
    return this.#writing;
  }
}

function formatMemory({ usedAtMs, ofServices, fetched }: UseMemory): string {
  const content = {
    formatVersion: FORMAT_VERSION,
    used: [...usedAtMs],
    services: [...ofServices],
    fetched: [...fetched],
  };
  return `${JSON.stringify(content)}\n`;
}

function parseMemory(text: string): UseMemory {
  let content: Readonly<Record<string, unknown>>;
  try {
    content = recordOf(JSON.parse(text));
  } catch {
    return NO_MEMORY;
  }
  if (content["formatVersion"] !== FORMAT_VERSION) return NO_MEMORY;
  const pairs = (value: unknown): readonly unknown[][] => (Array.isArray(value) ? value.filter(Array.isArray) : []);
  return {
    usedAtMs: new Map(pairs(content["used"]).map(([id, at]) => [stringOf(id), Number(at)])),
    ofServices: new Map(pairs(content["services"]).map(([id, images]) => [stringOf(id), stringsOf(images)])),
    fetched: new Set(stringsOf(content["fetched"])),
  };
}
