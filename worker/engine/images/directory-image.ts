import { digestOf } from "../../../shared/registry/registry-door.ts";
import type { HostFiles } from "../../ports/host-files.ts";

/** A layer that is a tar. */
export interface TarLayer {
  /** Of its bytes, as they are. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** Where it is; null = the store has the layer, and does not ask for its bytes. */
  readonly path: string | null;
  /** Compressed by gzip. Default: not at all. */
  readonly isGzip?: boolean;
}

/** Writes an image as skopeo's transport `dir` wants it. Resolves with its id: 64 hexadecimal digits. */
export async function writeDirectoryImage(
  files: HostFiles,
  directory: string,
  config: unknown,
  layers: readonly TarLayer[],
): Promise<string> {
  const text = JSON.stringify(config);
  const digest = digestOf(Buffer.from(text));
  // In Docker's words: OCI's have no health checks.
  const type = "application/vnd.docker";
  const manifest = {
    schemaVersion: 2,
    mediaType: `${type}.distribution.manifest.v2+json`,
    config: { mediaType: `${type}.container.image.v1+json`, digest, size: Buffer.byteLength(text) },
    layers: layers.map((layer) => ({
      mediaType: `${type}.image.rootfs.diff.tar${layer.isGzip === true ? ".gzip" : ""}`,
      digest: layer.digest,
      size: layer.size,
    })),
  };
  await files.makeDirectory(directory);
  for (const { path, digest: name } of layers)
    if (path !== null) await files.addName(path, `${directory}/${hex(name)}`);
  await files.writeText(`${directory}/${hex(digest)}`, text);
  await files.writeText(`${directory}/manifest.json`, JSON.stringify(manifest));
  await files.writeText(`${directory}/version`, "Directory Transport Version: 1.1\n");
  return hex(digest);
}

function hex(digest: string): string {
  return digest.slice("sha256:".length);
}
