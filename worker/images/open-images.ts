import type { Logger } from "../../shared/log.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { RegistryCredentials } from "../../shared/registry/find-credentials.ts";
import type { RegistryFiles, RegistryHttp } from "../../shared/registry/registry-world.ts";
import type { CommandRunner } from "../ports/command-runner.ts";
import { type HostFiles, isUnfinished } from "../ports/host-files.ts";
import { AuthFiles } from "./auth-files.ts";
import { ImageStore } from "./image-store.ts";
import { ImageUses } from "./image-uses.ts";
import { BlobCache } from "./pull/blob-cache.ts";
import { platformOfHost } from "./pull/manifest.ts";
import { PULLS_DIRECTORY, Puller } from "./pull/puller.ts";

export interface ImageOptions {
  /** Holds the store, in `images`. Absolute. */
  readonly dataDirectory: string;
  /** Absolute. */
  readonly runDirectory: string;
  /** skopeo's registries.conf; "" = the system's. */
  readonly registriesConf: string;
  /** Signature policy for images; "" = the system's; null = every image is accepted. Default "". */
  readonly imagePolicy?: string | null;
  /** By name or path. Default: skopeo. */
  readonly skopeo?: string;
  /** The host's, as Node.js names it: x64, arm64. */
  readonly architecture: string;
}

export interface ImagePorts {
  readonly http: RegistryHttp;
  readonly registryFiles: RegistryFiles;
  readonly credentials: RegistryCredentials;
  readonly files: HostFiles;
  readonly commands: CommandRunner;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** The images of a host and what belongs to them. */
export interface ImageParts {
  readonly store: ImageStore;
  readonly uses: ImageUses;
  readonly blobs: BlobCache;
  readonly authFiles: AuthFiles;
}

/** Opens the image store of this host, without what pulls of a daemon that was killed had put together. */
export async function openImages(options: ImageOptions, ports: ImagePorts): Promise<ImageParts> {
  const { files, commands, clock, random, log } = ports;
  const storeRoot = `${options.dataDirectory}/images`;
  // Only root may look into images from outside.
  await files.makeDirectory(storeRoot, 0o700);
  // Their names of blobs would keep the disk full after the blobs are gone. The blobs stay, for the next pull.
  await files.remove(`${storeRoot}/${PULLS_DIRECTORY}`);
  for (const name of (await files.list(storeRoot)).filter(isUnfinished)) await files.remove(`${storeRoot}/${name}`);
  const uses = await ImageUses.open(`${storeRoot}/uses.json`, files, clock);
  const blobs = new BlobCache(`${storeRoot}/blobs`, files);
  const authFiles = await AuthFiles.open(`${options.runDirectory}/registry-logins`, files, ports.credentials);
  const puller = new Puller(
    {
      skopeo: options.skopeo ?? "skopeo",
      storeRoot,
      storeRun: `${options.runDirectory}/images`,
      registriesConf: options.registriesConf,
      policy: options.imagePolicy === undefined ? "" : options.imagePolicy,
    },
    {
      http: ports.http,
      files: ports.registryFiles,
      credentials: ports.credentials,
      hostFiles: files,
      ...{ commands, clock, log, blobs, authFiles },
    },
  );
  const platform = platformOfHost(options.architecture);
  const store = new ImageStore({ storeRoot, platform }, { files, commands, clock, random, log, puller, uses });
  return { store, uses, blobs, authFiles };
}
