import type { Logger } from "../shared/log.ts";
import { systemClock } from "../shared/ports/system-clock.ts";
import { systemRandom } from "../shared/ports/system-random.ts";
import { LoginsAndFiles } from "../shared/registry/find-credentials.ts";
import { systemCredentialPrograms } from "../shared/registry/ports/credential-programs.ts";
import { SystemRegistryFiles } from "../shared/registry/ports/registry-files.ts";
import { NodeRegistryHttp } from "../shared/registry/ports/registry-http.ts";
import type { EventLog } from "../worker/engine/events/event-log.ts";
import { BuilderStore } from "../worker/engine/images/builder-store.ts";
import type { ImageServiceParts } from "../worker/engine/images/image-parts.ts";
import { CatalogReader } from "../worker/images/catalog.ts";
import type { HostLogins } from "../worker/images/host-logins.ts";
import { ImageKeeper, type ImageUser } from "../worker/images/image-keeper.ts";
import { type ImageParts, openImages } from "../worker/images/open-images.ts";
import { platformOfHost } from "../worker/images/pull/manifest.ts";
import { StoreTools } from "../worker/images/store-tools.ts";
import { fileSystemRoom } from "../worker/ports/file-system-room.ts";
import { hostArchitecture } from "../worker/ports/host-description.ts";
import { SystemCommandRunner } from "../worker/ports/system-command-runner.ts";
import { systemHostFiles } from "../worker/ports/system-host-files.ts";
import { systemRootedTrees } from "../worker/ports/system-rooted-tree.ts";
import { systemStreamedCommands } from "../worker/ports/system-streamed-commands.ts";
import { authDirectoryOf } from "./create-image-resolver.ts";
import type { DaemonOptions } from "./daemon-options.ts";

/** The images of this host, and what the world gives them. */
export interface HostImages extends ImageParts {
  /** What people's commands work with, once it is known who uses images. */
  readonly service: (users: ImageUse) => ImageServiceParts;
}

/** Who uses images now. */
export interface ImageUse {
  readonly containers: () => readonly ImageUser[];
  /** Services that have tasks here. */
  readonly services: () => ReadonlySet<string>;
  readonly events: EventLog;
  /** A container as an image can be made of it. */
  readonly committed: ImageServiceParts["containers"]["committed"];
  /** What builds run their steps in. */
  readonly cells: ImageServiceParts["cells"];
}

export async function openHostImages(options: DaemonOptions, logins: HostLogins, log: Logger): Promise<HostImages> {
  const registryFiles = new SystemRegistryFiles({ registriesConf: options.registriesConf || null });
  const credentials = new LoginsAndFiles({
    files: registryFiles,
    programs: systemCredentialPrograms,
    loginOf: (name) => logins.of(name),
  });
  const http = new NodeRegistryHttp();
  const commands = new SystemCommandRunner();
  const { dataDir, runDir, registriesConf } = options;
  const shared = { http, registryFiles, credentials, commands, clock: systemClock, random: systemRandom, log };
  const parts = await openImages(
    { dataDirectory: dataDir, runDirectory: runDir, registriesConf, architecture: hostArchitecture },
    { ...shared, files: systemHostFiles },
  );
  const storeRoot = `${dataDir}/images`;
  // What a daemon that was killed was working with; the latter has passwords.
  await Promise.all([`${storeRoot}/work`, authDirectoryOf(runDir)].map((path) => systemHostFiles.remove(path)));
  const storeRun = `${runDir}/images`;
  const tools = new StoreTools({ skopeo: "skopeo", buildah: "buildah", storeRoot, storeRun, registriesConf }, commands);
  const builders = new BuilderStore({ tools, files: systemHostFiles, log, storeRoot });
  // Those of a daemon that was killed. Builds wait for it, the daemon does not.
  void builders.clear();
  const catalog = new CatalogReader(storeRoot, systemHostFiles);
  return {
    ...parts,
    service: ({ containers, services, committed, cells, events }) => ({
      ...shared,
      ...{ cells, builders },
      containers: { committed },
      events,
      trees: systemRootedTrees,
      ...{ storeRoot, tools, catalog, files: systemHostFiles, streamed: systemStreamedCommands },
      authFiles: parts.authFiles,
      store: parts.store,
      platform: platformOfHost(hostArchitecture),
      keeper: new ImageKeeper({
        ...{ catalog, tools, services, users: containers, clock: systemClock, log },
        uses: parts.uses,
        blobs: parts.blobs,
        files: systemHostFiles,
        room: () => fileSystemRoom(storeRoot),
      }),
    }),
  };
}
