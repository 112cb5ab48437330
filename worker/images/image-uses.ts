import type { Clock } from "../../shared/ports/clock.ts";
import type { HostFiles } from "../ports/host-files.ts";
import { recordOf, stringOf, stringsOf } from "./image-config.ts";

/** What this host remembers of its images' uses. */
export interface UseMemory {
  /** When an image was last asked for, Unix milliseconds, by its id. */
  readonly usedAtMs: ReadonlyMap<string, number>;
  /** Images of services that have, or had, tasks here: by service, the newest first, at most IMAGES_KEPT. */
  readonly ofServices: ReadonlyMap<string, readonly string[]>;
}

/** Of one service: what runs, and what ran before its latest update, which a rollback needs. */
export const IMAGES_KEPT = 2;
/** A use that was noted so recently is not written down again. */
const NOTE_PERIOD_MS = 60 * 60_000;
const FORMAT_VERSION = 1;

export const NO_MEMORY: UseMemory = { usedAtMs: new Map(), ofServices: new Map() };

/** The memory after an image was used at a time. */
export function withUse(memory: UseMemory, imageId: string, serviceId: string, wallMs: number): UseMemory {
  const usedAtMs = new Map(memory.usedAtMs).set(imageId, wallMs);
  if (serviceId === "") return { ...memory, usedAtMs };
  const before = (memory.ofServices.get(serviceId) ?? []).filter((id) => id !== imageId);
  return {
    usedAtMs,
    ofServices: new Map(memory.ofServices).set(serviceId, [imageId, ...before].slice(0, IMAGES_KEPT)),
  };
}

/** The memory without what is no longer there: images that were removed, services that have no tasks here. */
export function withoutGone(
  memory: UseMemory,
  imageIds: ReadonlySet<string>,
  serviceIds: ReadonlySet<string>,
): UseMemory {
  return {
    usedAtMs: new Map([...memory.usedAtMs].filter(([id]) => imageIds.has(id))),
    ofServices: new Map([...memory.ofServices].filter(([id]) => serviceIds.has(id))),
  };
}

/** Remembers over restarts which images were used when, and by which services. */
export class ImageUses {
  readonly #path: string;
  readonly #files: HostFiles;
  readonly #clock: Clock;
  #memory: UseMemory;
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

  /** Returns at once: a container that starts does not wait for the disk. */
  note(imageId: string, serviceId: string): void {
    const wallMs = this.#clock.wallNow();
    const isNews =
      wallMs - (this.#memory.usedAtMs.get(imageId) ?? 0) >= NOTE_PERIOD_MS ||
      (serviceId !== "" && this.#memory.ofServices.get(serviceId)?.[0] !== imageId);
    this.#memory = withUse(this.#memory, imageId, serviceId, wallMs);
    if (isNews) void this.#write();
  }

  /** Forgets what is no longer there. */
  async tidy(imageIds: ReadonlySet<string>, serviceIds: ReadonlySet<string>): Promise<void> {
    const { usedAtMs, ofServices } = this.#memory;
    this.#memory = withoutGone(this.#memory, imageIds, serviceIds);
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

function formatMemory({ usedAtMs, ofServices }: UseMemory): string {
  const content = { formatVersion: FORMAT_VERSION, used: [...usedAtMs], services: [...ofServices] };
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
  };
}
