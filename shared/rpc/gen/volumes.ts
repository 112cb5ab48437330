// Made from proto/swarm/v1/volumes.proto by scripts/generate.ts.
import type { RpcMethod } from "../service-types.ts";

/** Volumes of one host. */
export interface VolumesMethods {
  /** Makes a volume, or finds the one of that name. */
  readonly create: RpcMethod<"unary", CreateVolumeRequest, CreateVolumeResponse>;
  /** All that match, by name. */
  readonly list: RpcMethod<"unary", ListVolumesRequest, ListVolumesResponse>;
  readonly inspect: RpcMethod<"unary", InspectVolumeRequest, InspectVolumeResponse>;
  /** Removes a volume with what is in it, unless a container uses it. */
  readonly remove: RpcMethod<"unary", RemoveVolumeRequest, RemoveVolumeResponse>;
  /** Removes the volumes that no container uses. */
  readonly prune: RpcMethod<"unary", PruneVolumesRequest, PruneVolumesResponse>;
  /** What is in a volume, as a tar archive in pieces. */
  readonly export: RpcMethod<"serverStream", ExportVolumeRequest, ExportVolumeResponse>;
  /** Fills an empty volume from a tar archive: `head` first, then its bytes. Nothing is left of one that broke off. */
  readonly import: RpcMethod<"clientStream", ImportVolumeRequest, ImportVolumeResponse>;
}

/** A volume of a host. */
export interface Volume {
  /** Unique on its host. */
  readonly name: string;
  /** Where its content is on the host. */
  readonly mountpoint: string;
  /** When it was made; 0 = not known. */
  readonly createdAtMs: number;
  /** As it was made with. */
  readonly labels: { readonly [key: string]: string };
  /** `type`, `o` and `device` of the file system that is mounted as it while a container uses it; empty = a directory. */
  readonly options: { readonly [key: string]: string };
  /** Made for one container, or without a name. */
  readonly anonymous: boolean;
  /** Names of the containers that use it, running or not. */
  readonly usedBy: readonly string[];
  /** What it takes on the host's disk; -1 = not asked for, or a file system of its own. */
  readonly sizeBytes: number;
}

/** Asks for a volume. */
export interface CreateVolumeRequest {
  /** Letters, digits, `_`, `.`, `-`; "" = a random one. */
  readonly name: string;
  /** "" or `local`. */
  readonly driver: string;
  /** As in Volume. */
  readonly options: { readonly [key: string]: string };
  /** As in Volume. */
  readonly labels: { readonly [key: string]: string };
}

/** It is there. */
export interface CreateVolumeResponse {
  /** As it is now. */
  readonly volume: Volume | null;
}

/** Which volumes; all conditions hold. */
export interface ListVolumesRequest {
  /** Part of the name of one of these; empty = any. */
  readonly names: readonly string[];
  /** KEY or KEY=VALUE each; all of them. */
  readonly labels: readonly string[];
  /** Whether no container uses it; absent = either. */
  readonly dangling?: boolean;
  /** With sizes, for which all files are looked at. */
  readonly sizes: boolean;
}

/** By name. */
export interface ListVolumesResponse {
  /** Those that match. */
  readonly volumes: readonly Volume[];
}

/** Asks for one volume. */
export interface InspectVolumeRequest {
  /** Its name. */
  readonly name: string;
  /** With its size, for which all files are looked at. */
  readonly size: boolean;
}

/** The volume. */
export interface InspectVolumeResponse {
  /** As it is now. */
  readonly volume: Volume | null;
}

/** Asks for a volume to go. */
export interface RemoveVolumeRequest {
  /** Its name. */
  readonly name: string;
  /** No error when it is not there. */
  readonly force: boolean;
}

/** It is gone. */
export type RemoveVolumeResponse = Readonly<Record<string, never>>;

/** Which volumes to remove. */
export interface PruneVolumesRequest {
  /** Not only anonymous ones. */
  readonly all: boolean;
  /** KEY or KEY=VALUE each; only those with all of them. */
  readonly labels: readonly string[];
  /** KEY or KEY=VALUE each; only those with none of them. */
  readonly withoutLabels: readonly string[];
}

/** What was removed. */
export interface PruneVolumesResponse {
  /** Names. */
  readonly removed: readonly string[];
  /** Bytes of the host's disk that are free again. */
  readonly reclaimedBytes: number;
  /** Why others could not be removed, in sentences. */
  readonly failures: readonly string[];
}

/** Asks for what is in a volume. */
export interface ExportVolumeRequest {
  /** Its name. */
  readonly name: string;
}

/** A piece of an archive. */
export interface ExportVolumeResponse {
  /** At most 64 KiB. */
  readonly bytes: Buffer;
  /** Names of containers that run and use the volume, so that the archive may be torn; only in the first piece. */
  readonly usedBy: readonly string[];
}

/** To a volume that is filled. */
export type ImportVolumeRequest = {} & (
  | {
      readonly message?: undefined;
      readonly head?: undefined;
      readonly bytes?: undefined;
    }
  | {
      readonly message: "head";
      /** The first message. */
      readonly head: ImportVolumeHead;
      readonly bytes?: undefined;
    }
  | {
      readonly message: "bytes";
      readonly head?: undefined;
      /** Bytes of the archive, at most 64 KiB. */
      readonly bytes: Buffer;
    }
);

/** Which volume is filled. */
export interface ImportVolumeHead {
  /** Its name; it is made when it is not there. */
  readonly name: string;
  /** What is in it goes, once the whole archive is there. */
  readonly replace: boolean;
  /** Of a volume that is made now. */
  readonly labels: { readonly [key: string]: string };
}

/** It is filled. */
export interface ImportVolumeResponse {
  /** As it is now. */
  readonly volume: Volume | null;
}
