import { posix } from "node:path";
import type { ContainerSpec, FileReference } from "../rpc/gen/objects.ts";
import type { ObjectKind, ObjectKinds } from "./types.ts";

/** Kinds whose objects containers see as files. */
export const CONTENT_KINDS = ["secret", "config"] as const satisfies readonly ObjectKind[];
export type ContentKind = (typeof CONTENT_KINDS)[number];
export type Content = ObjectKinds[ContentKind];
/** By id. */
export type Contents = ReadonlyMap<string, Content>;

/** Everybody in the container may read it, nobody may write it: Docker's default. */
export const FILE_MODE = 0o444;

/** What relative targets are relative to. */
const BASE: { readonly [Kind in ContentKind]: string } = { secret: "/run/secrets", config: "/" };

/** Where a container sees the file: absolute, without `.` and doubled slashes. */
export function filePath(kind: ContentKind, { target }: Pick<FileReference, "target">): string {
  return posix.resolve(BASE[kind], target);
}

/** All files of a container that are made from secrets and configs. */
export function referencesTo({
  secrets,
  configs,
}: Pick<ContainerSpec, "secrets" | "configs">): readonly (readonly [ContentKind, FileReference])[] {
  return [
    ...secrets.map((reference) => ["secret", reference] as const),
    ...configs.map((reference) => ["config", reference] as const),
  ];
}
