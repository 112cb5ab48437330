import type { ImageSummary, PullProgress, RemovedImage } from "../rpc/gen/images.ts";
import type { DockerJson } from "./common.ts";
import type { HistoryStep } from "./image.ts";

/** What a list says of a number that nobody asked for. */
const NOT_COUNTED = -1;

/** An image as Docker's `GET /images/json` has it; with what other images share only where that was asked for. */
export function toDockerImageSummary(image: ImageSummary, { withShared = false, minor }: ListedWith): DockerJson {
  return {
    Containers: image.containers,
    Created: Math.floor(image.createdAtMs / 1_000),
    Id: image.id,
    Labels: Object.keys(image.labels).length === 0 ? null : image.labels,
    ParentId: image.parentId,
    RepoDigests: image.repoDigests,
    RepoTags: image.repoTags,
    SharedSize: withShared ? image.sharedBytes : NOT_COUNTED,
    Size: image.sizeBytes,
    ...(minor < 44 ? { VirtualSize: image.sizeBytes } : {}),
  };
}

export interface ListedWith {
  readonly withShared?: boolean;
  /** X of the API version 1.X. */
  readonly minor: number;
}

/** A step of `GET /images/NAME/history`. */
export function toDockerHistory(step: HistoryStep, tags: readonly string[]): DockerJson {
  return {
    Comment: step.comment,
    Created: Math.floor(step.createdAtMs / 1_000),
    CreatedBy: step.createdBy,
    Id: step.id,
    Size: step.size,
    Tags: tags.length === 0 ? null : tags,
  };
}

/** What DELETE and prune say is gone. */
export function toDockerRemoved(removed: readonly RemovedImage[]): readonly DockerJson[] {
  return removed.map(({ untagged, deleted }) => (untagged === "" ? { Deleted: deleted } : { Untagged: untagged }));
}

const WORDS = {
  WAITING: "Pulling fs layer",
  DOWNLOADING: "Downloading",
  DOWNLOADED: "Download complete",
  EXTRACTING: "Extracting",
  DONE: "Pull complete",
  EXISTS: "Already exists",
} as const;
/** Characters of an id in progress lines. */
const SHORT_LENGTH = 12;
const BAR_LENGTH = 50;

/** Turns what a pull says of all layers into Docker's objects, one for each layer that has got on. */
export class PullLines {
  readonly #told = new Map<string, string>();

  of({ layers }: Pick<PullProgress, "layers">): readonly DockerJson[] {
    return layers.flatMap(({ digest, state, current, total }) => {
      const key = `${state} ${state === "DOWNLOADING" ? current : ""}`;
      if (this.#told.get(digest) === key) return [];
      this.#told.set(digest, key);
      const isUnderWay = state === "DOWNLOADING" && total > 0;
      const id = digest.slice(digest.indexOf(":") + 1).slice(0, SHORT_LENGTH);
      return [
        {
          status: WORDS[state],
          progressDetail: isUnderWay ? { current, total } : {},
          ...(isUnderWay ? { progress: barOf(current, total) } : {}),
          id,
        },
      ];
    });
  }
}

function barOf(current: number, total: number): string {
  const filled = Math.min(BAR_LENGTH - 1, Math.floor((current / total) * BAR_LENGTH));
  return `[${"=".repeat(filled)}>${" ".repeat(BAR_LENGTH - 1 - filled)}]`;
}
