// Made from proto/swarm/v1/images.proto by scripts/generate.ts.
import type { RpcMethod } from "../service-types.ts";
import type { TaskSpec } from "./objects.ts";

/** The images of one host. A reference to an image is NAME[:TAG][@DIGEST], its id or a unique beginning of that. */
export interface ImagesMethods {
  readonly list: RpcMethod<"unary", ListImagesRequest, ListImagesResponse>;
  /** NOT_FOUND when this host does not have it. */
  readonly inspect: RpcMethod<"unary", InspectImageRequest, InspectImageResponse>;
  /** Fetches an image from its registry; the last message has the result. One pull for all who ask at the same time. */
  readonly pull: RpcMethod<"serverStream", PullImageRequest, PullProgress>;
  /** Copies an image of this host to the registry that its name says. */
  readonly push: RpcMethod<"serverStream", PushImageRequest, PushProgress>;
  /** Gives an image a further name, which another image loses if it has it. */
  readonly tag: RpcMethod<"unary", TagImageRequest, TagImageResponse>;
  /** Takes a name from an image, and removes the image with its last one. FAILED_PRECONDITION while it is needed. */
  readonly remove: RpcMethod<"unary", RemoveImageRequest, RemoveImageResponse>;
  /** Removes images that no container and no service of this host needs. */
  readonly prune: RpcMethod<"unary", PruneImagesRequest, PruneImagesResponse>;
  /** Images as one archive, in the form of `docker save`. */
  readonly save: RpcMethod<"serverStream", SaveImagesRequest, ImageBytes>;
  /** Takes images from such an archive, or from a tar of an OCI layout; may be compressed. */
  readonly load: RpcMethod<"clientStream", ImageBytes, LoadImagesResponse>;
  /** Makes an image of one layer from a tar of a root file system; may be compressed. */
  readonly import: RpcMethod<"clientStream", ImportImageRequest, ImportImageResponse>;
  /** Makes an image of what a container of this host has changed, and of what it runs. */
  readonly commit: RpcMethod<"unary", CommitImageRequest, CommitImageResponse>;
  /** What a name means in its registry; nothing is fetched. */
  readonly resolve: RpcMethod<"unary", ResolveImageRequest, ResolveImageResponse>;
  /** The tags that a repository has in its registry. */
  readonly listTags: RpcMethod<"unary", ListTagsRequest, ListTagsResponse>;
  /** Whether a registry takes a login. PERMISSION_DENIED when it does not. */
  readonly checkLogin: RpcMethod<"unary", CheckLoginRequest, CheckLoginResponse>;
  /** Asks a registry for repositories. */
  readonly search: RpcMethod<"unary", SearchImagesRequest, SearchImagesResponse>;
  /** Makes an image as a Dockerfile says. */
  readonly build: RpcMethod<"bidi", BuildImageRequest, BuildImageResponse>;
}

/** Asks for all images. */
export type ListImagesRequest = Readonly<Record<string, never>>;

/** The images of a host. */
export interface ListImagesResponse {
  /** The newest first. */
  readonly images: readonly ImageSummary[];
  /** What all layers take on this host together, in bytes, each counted once. */
  readonly layersBytes: number;
}

/** An image as lists show it. */
export interface ImageSummary {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly id: string;
  /** NAME:TAG as people write them. Default: none. */
  readonly repoTags: readonly string[];
  /** NAME@DIGEST. Default: none. */
  readonly repoDigests: readonly string[];
  /** When it was built, Unix milliseconds; 0 = it does not say. */
  readonly createdAtMs: number;
  /** Of all its layers, unpacked, in bytes. */
  readonly sizeBytes: number;
  /** What of it other images have, too, in bytes. */
  readonly sharedBytes: number;
  /** Containers of this host that were made from it. */
  readonly containers: number;
  /** As its builder set them. */
  readonly labels: { readonly [key: string]: string };
  /** It has no name, and other images are built upon it: a step of a build, which only `--all` shows. */
  readonly isIntermediate: boolean;
  /** A service of this host runs it, or ran it before its latest update. */
  readonly isNeeded: boolean;
  /** Id of the image it was built upon, if that is known to this host. "" = none. */
  readonly parentId: string;
}

/** Asks for one image. */
export interface InspectImageRequest {
  /** Reference of the image. */
  readonly ref: string;
}

/** All that is known of an image. */
export interface InspectImageResponse {
  /** As in lists. */
  readonly summary: ImageSummary | null;
  /** Its configuration, as it was built: JSON of the OCI image specification or Docker's. */
  readonly config: Buffer;
  /** Its manifest for this platform; empty = it never had one. */
  readonly manifest: Buffer;
  /** Directories of its layers on this host, topmost first. */
  readonly layerDirectories: readonly string[];
  /** Sizes of its layers, unpacked, topmost first, in bytes. */
  readonly layerBytes: readonly number[];
  /** When this host got it, Unix milliseconds. */
  readonly storedAtMs: number;
}

/** When an image is looked for in its registry. */
export type PullPolicy =
  /** For a name with a digest only if it is not here, for others each time; if that fails, what is here is used. */
  | "PULL_DEFAULT"
  /** Each time, and it is a fault if that fails. */
  | "PULL_ALWAYS"
  /** Only if it is not here. */
  | "PULL_MISSING"
  /** Never. */
  | "PULL_NEVER";

/** Fetches an image. */
export interface PullImageRequest {
  /** NAME[:TAG][@DIGEST]. */
  readonly ref: string;
  /** OS/ARCHITECTURE[/VARIANT]. "" = this host's. */
  readonly platform: string;
  /** PULL_DEFAULT = PULL_ALWAYS. */
  readonly policy: PullPolicy;
  /** Shown for this pull alone, before what the swarm and this host know. Absent = nothing. */
  readonly login: RegistryLogin | null;
}

/** What is shown to a registry for one call; it is kept nowhere. */
export interface RegistryLogin {
  /** HOST[:PORT][/PATH], or an address as Docker's files have it; "" = Docker Hub. */
  readonly registry: string;
  /** "" with a token. */
  readonly username: string;
  /** "" with a token. */
  readonly password: string;
  /** Instead of a password; "" = none. */
  readonly identityToken: string;
}

/** How far a pull is. */
export interface PullProgress {
  /** As people write its name. */
  readonly image: string;
  /** Its layers, lowest first; empty until they are known. */
  readonly layers: readonly LayerProgress[];
  /** Layers and sizes are known. Otherwise skopeo fetches it, and only bytes_so_far tells. */
  readonly isWhole: boolean;
  /** What has come, when layers are not known, in bytes. */
  readonly bytesSoFar: number;
  /** In the last message. */
  readonly result: PullResult | null;
}

/** How far a layer is. */
export interface LayerProgress {
  /** Of the layer as the registry keeps it. */
  readonly digest: string;
  /** Where it stands. */
  readonly state: LayerProgressState;
  /** Bytes that are here. */
  readonly current: number;
  /** Its size, in bytes. */
  readonly total: number;
}

/** What is being done with it. */
export type LayerProgressState =
  | "WAITING"
  | "DOWNLOADING"
  /** Whole, and its digest is right. */
  | "DOWNLOADED"
  | "EXTRACTING"
  | "DONE"
  /** This host has it already. */
  | "EXISTS";

/** What a pull has brought. */
export interface PullResult {
  /** Id of the image. */
  readonly id: string;
  /** Digest of what its name means in the registry. */
  readonly digest: string;
  /** It was here already. */
  readonly wasPresent: boolean;
  /** Its full name, with registry. */
  readonly name: string;
}

/** Copies an image to its registry. */
export interface PushImageRequest {
  /** NAME[:TAG]; says the registry, too. */
  readonly ref: string;
  /** Shown for this push alone, before what the swarm and this host know. Absent = nothing. */
  readonly login: RegistryLogin | null;
}

/** How far a push is. */
export interface PushProgress {
  /** A line for people. */
  readonly status: string;
  /** In the last message: digest of the manifest in the registry. */
  readonly digest: string;
}

/** Gives an image a further name. */
export interface TagImageRequest {
  /** Reference of the image. */
  readonly ref: string;
  /** NAME[:TAG]. */
  readonly name: string;
}

/** The image has the name. */
export type TagImageResponse = Readonly<Record<string, never>>;

/** Takes a name from an image. */
export interface RemoveImageRequest {
  /** Reference of the image; an id means all of its names. */
  readonly ref: string;
  /** All names, although there are several; and although containers that have ended were made from it. */
  readonly force: boolean;
  /** Keep images without a name that it was built upon. */
  readonly noPrune: boolean;
}

/** What was removed. */
export interface RemoveImageResponse {
  /** In the order in which it was done. */
  readonly removed: readonly RemovedImage[];
}

/** A name or an image that is gone. */
export interface RemovedImage {
  /** NAME:TAG or NAME@DIGEST; "" = an image. */
  readonly untagged: string;
  /** Id of the image; "" = a name. */
  readonly deleted: string;
}

/** Removes images that nothing needs. */
export interface PruneImagesRequest {
  /** Those with names, too. */
  readonly all: boolean;
  /** Only what was built before, Unix milliseconds; 0 = whenever. */
  readonly untilMs: number;
  /** Only those with all of these labels: KEY or KEY=VALUE. */
  readonly labels: readonly string[];
  /** Only those with none of these. */
  readonly labelsNot: readonly string[];
}

/** What was removed. */
export interface PruneImagesResponse {
  /** In the order in which it was done. */
  readonly removed: readonly RemovedImage[];
  /** What became free, in bytes. */
  readonly reclaimedBytes: number;
}

/** Asks for an archive. */
export interface SaveImagesRequest {
  /** References of the images. */
  readonly refs: readonly string[];
}

/** A part of an archive. */
export interface ImageBytes {
  /** In the order of the archive. */
  readonly data: Buffer;
}

/** What an archive contained. */
export interface LoadImagesResponse {
  /** NAME:TAG; an image without a name by its id. */
  readonly names: readonly string[];
}

/** Makes an image from a tar. */
export interface ImportImageRequest {
  /** In the first message alone. */
  readonly header: ImportHeader | null;
  /** In the others: the tar. */
  readonly data: Buffer;
}

/** What the image will be. */
export interface ImportHeader {
  /** NAME[:TAG]; "" = none. */
  readonly name: string;
  /**
   * Instructions of a Dockerfile: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME,
   * WORKDIR.
   */
  readonly changes: readonly string[];
  /** For its history. */
  readonly message: string;
  /** OS/ARCHITECTURE[/VARIANT]. "" = this host's. */
  readonly platform: string;
}

/** The image that was made. */
export interface ImportImageResponse {
  /** Its id. */
  readonly id: string;
}

/** Makes an image of a container. */
export interface CommitImageRequest {
  /** The container: as in Containers. */
  readonly container: string;
  /** NAME[:TAG]; "" = none. */
  readonly name: string;
  /** Instructions of a Dockerfile, as in ImportHeader. */
  readonly changes: readonly string[];
  /** Who made it; "" = nobody says. */
  readonly author: string;
  /** For its history. */
  readonly message: string;
  /** Do not hold the container's processes meanwhile: files that change may be torn. */
  readonly noPause: boolean;
}

/** The image that was made. */
export interface CommitImageResponse {
  /** Its id. */
  readonly id: string;
}

/** Asks what a name means in its registry. */
export interface ResolveImageRequest {
  /** NAME[:TAG][@DIGEST]. */
  readonly ref: string;
  /** As in PullImageRequest. */
  readonly login: RegistryLogin | null;
}

/** Asks for the tags of a repository. */
export interface ListTagsRequest {
  /** NAME, without a tag. */
  readonly repository: string;
  /** As in PullImageRequest. */
  readonly login: RegistryLogin | null;
}

/** The tags of a repository. */
export interface ListTagsResponse {
  /** As the registry lists them. */
  readonly tags: readonly string[];
}

/** What a name means in its registry. */
export interface ResolveImageResponse {
  /** Of the manifest, or of the list of manifests. */
  readonly digest: string;
  /** Of what has the digest. */
  readonly mediaType: string;
  /** Of what has the digest, in bytes. */
  readonly size: number;
  /** What the image was built for. */
  readonly platforms: readonly ImagePlatformName[];
}

/** What an image was built for, in the words of OCI. */
export interface ImagePlatformName {
  /** linux. */
  readonly os: string;
  /** amd64, arm64. */
  readonly architecture: string;
  /** v8; "" = none. */
  readonly variant: string;
}

/** Asks whether a registry takes a login. */
export interface CheckLoginRequest {
  /** With a password: a token cannot be tried. */
  readonly login: RegistryLogin | null;
}

/** It does. */
export type CheckLoginResponse = Readonly<Record<string, never>>;

/** Asks a registry for repositories. */
export interface SearchImagesRequest {
  /** A part of their names, with a registry's host before it where it is not Docker Hub. */
  readonly term: string;
  /** Largest number of answers; 0 = 25. */
  readonly limit: number;
}

/** What a registry found. */
export interface SearchImagesResponse {
  /** As the registry orders them. */
  readonly found: readonly FoundRepository[];
}

/** A repository of a registry. */
export interface FoundRepository {
  /** NAME, with the registry's host where it is not Docker Hub. */
  readonly name: string;
  /** "" = the registry says nothing. */
  readonly description: string;
  /** How many people starred it. */
  readonly stars: number;
  /** Made by the registry's own people. */
  readonly isOfficial: boolean;
}

/** Makes an image as a Dockerfile says. */
export interface BuildImageRequest {
  /** In the first message alone. */
  readonly header: BuildHeader | null;
  /** In the others: the context as a tar. */
  readonly context: Buffer;
}

/** How an image is built. */
export interface BuildHeader {
  /** NAME[:TAG]. Default: none. */
  readonly names: readonly string[];
  /** Path of the Dockerfile in the context. "" = Dockerfile. */
  readonly dockerfile: string;
  /** NAME=VALUE of ARG. Default: none. */
  readonly buildArgs: readonly string[];
  /** Stage to stop after. "" = the last. */
  readonly target: string;
  /** Do every step anew. */
  readonly noCache: boolean;
  /** Look bases up in their registries. */
  readonly pull: boolean;
  /** OS/ARCHITECTURE[/VARIANT]. "" = this host's. */
  readonly platform: string;
  /** KEY=VALUE. Default: none. */
  readonly labels: readonly string[];
  /** What RUN --mount=type=secret may see. Default: none. */
  readonly secretFiles: readonly BuildSecret[];
  /** Of RUN: default, bridge, none, host, or a network of the host or the swarm by name or id. "" = default. */
  readonly network: string;
  /** Lines for /etc/hosts: NAME:ADDRESS. Default: none. */
  readonly hosts: readonly string[];
  /** Make one layer of all that is added to the base. */
  readonly squash: boolean;
  /** Shown to the registries of bases, before what the swarm and this host know. Default: none. */
  readonly logins: readonly RegistryLogin[];
  /**
   * What the containers of RUN may use: of this the memory limit, `swap_bytes`, of the controls those of processors,
   * ulimits and the size of shared memory; the rest is passed over. Absent = what a container gets unless told.
   */
  readonly step: TaskSpec | null;
}

/** A secret for a build; it does not get into the image. */
export interface BuildSecret {
  /** By which the Dockerfile calls it. */
  readonly id: string;
  /** What the file contains. */
  readonly data: Buffer;
}

/** A step of a build, or its result. */
export interface BuildImageResponse {
  /** What the build says, as it comes. "" = nothing. */
  readonly output: string;
  /** In the last message: id of the image. */
  readonly id: string;
}
