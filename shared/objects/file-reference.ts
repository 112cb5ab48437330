import { posix } from "node:path";
import type { FileReference } from "../rpc/gen/objects.ts";
import type { ObjectKind } from "./types.ts";

/** Kinds whose objects containers see as files. */
export const CONTENT_KINDS = ["secret", "config"] as const satisfies readonly ObjectKind[];
export type ContentKind = (typeof CONTENT_KINDS)[number];

/** Everybody in the container reads, nobody writes: Docker's default. */
export const FILE_MODE = 0o444;

/** What relative targets are relative to. */
const BASE: { readonly [Kind in ContentKind]: string } = { secret: "/run/secrets", config: "/" };

/** Where a container sees the file: absolute, without `.` and doubled slashes. */
export function filePath(kind: ContentKind, { target }: Pick<FileReference, "target">): string {
  return posix.resolve(BASE[kind], target);
}
