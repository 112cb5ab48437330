import { type ImageReference, toFullText } from "../../shared/image-reference.ts";

export interface PullCommandOptions {
  /** The skopeo program, by name or path. */
  readonly skopeo: string;
  /** Root and run directory of the image store. */
  readonly storeRoot: string;
  readonly storeRun: string;
  /** skopeo's registries.conf; "" = the system's. */
  readonly registriesConf: string;
  /** Signature policy file; "" = the system's; null = none at all: every image is accepted. */
  readonly policy: string | null;
  /** Where blobs are kept while they are fetched. */
  readonly temporaryDirectory: string;
}

/**
 * The command that copies an image from its registry into the store. It runs in a mount namespace of its own, because
 * containers/storage leaves a bind mount behind, which would keep the data directory busy.
 */
export function pullCommand(image: ImageReference, options: PullCommandOptions): readonly [string, ...string[]] {
  const name = storeName(image);
  return [
    "unshare",
    "--mount",
    options.skopeo,
    ...(options.registriesConf === "" ? [] : ["--registries-conf", options.registriesConf]),
    ...(options.policy === null ? ["--insecure-policy"] : []),
    ...(options.policy === null || options.policy === "" ? [] : ["--policy", options.policy]),
    "--tmpdir",
    options.temporaryDirectory,
    "copy",
    "--quiet",
    `docker://${name}`,
    `containers-storage:[overlay@${options.storeRoot}+${options.storeRun}]${name}`,
  ];
}

/** The name an image has in the store and for skopeo, which takes a tag or a digest but not both. */
export function storeName(image: ImageReference): string {
  return toFullText(image.digest === null ? image : { ...image, tag: null });
}

const BYTES_PER_MB = 1_000_000;

/** A few words for people while blobs arrive. */
export function progressWords(image: string, blobs: number, bytes: number): string {
  if (blobs === 0) return `pulling ${image}`;
  return `pulling ${image}: ${blobs} ${blobs === 1 ? "layer" : "layers"}, ${Math.round(bytes / BYTES_PER_MB)} MB so far`;
}
