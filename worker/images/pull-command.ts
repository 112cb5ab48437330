import { type ImageReference, toFullText } from "../../shared/image-reference.ts";
import type { ImagePlatform } from "./pull/manifest.ts";

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
  /** What skopeo shows to registries; "" = what the host's own files say. */
  readonly authFile: string;
}

/** Where skopeo takes an image from. */
export type SkopeoSource =
  | { readonly kind: "registry" }
  /** Manifests and blobs that are here already, of an image that any policy has accepted. */
  | { readonly kind: "directory"; readonly directory: string };

/**
 * The command that copies an image into the store. It runs in a mount namespace of its own, because
 * containers/storage leaves a bind mount behind, which would keep the data directory busy.
 */
export function pullCommand(
  image: ImageReference,
  source: SkopeoSource,
  { os, architecture, variant }: ImagePlatform,
  options: PullCommandOptions,
): readonly [string, ...string[]] {
  const name = storeName(image);
  const policy = source.kind === "directory" ? null : options.policy;
  return [
    "unshare",
    "--mount",
    options.skopeo,
    ...(options.registriesConf === "" ? [] : ["--registries-conf", options.registriesConf]),
    ...(policy === null ? ["--insecure-policy"] : []),
    ...(policy === null || policy === "" ? [] : ["--policy", policy]),
    ...["--tmpdir", options.temporaryDirectory],
    ...["--override-os", os, "--override-arch", architecture],
    ...(variant === "" ? [] : ["--override-variant", variant]),
    ...["copy", "--quiet"],
    ...(options.authFile === "" ? [] : ["--src-authfile", options.authFile]),
    source.kind === "directory" ? `dir:${source.directory}` : `docker://${name}`,
    storePlace(options, name),
  ];
}

/** An image in the store, in skopeo's words: by its full name, or `@` and its id. */
export function storePlace({ storeRoot, storeRun }: Pick<PullCommandOptions, "storeRoot" | "storeRun">, name: string) {
  return `containers-storage:[overlay@${storeRoot}+${storeRun}]${name}`;
}

/** The name an image has in the store and for skopeo, which takes a tag or a digest but not both. */
export function storeName(image: ImageReference): string {
  return toFullText(image.digest === null ? image : { ...image, tag: null });
}
