import type { Logger } from "../../../shared/log.ts";
import type { Clock } from "../../../shared/ports/clock.ts";
import type { Random } from "../../../shared/ports/random.ts";
import type { RegistryCredentials } from "../../../shared/registry/find-credentials.ts";
import type { RegistryFiles, RegistryHttp } from "../../../shared/registry/registry-world.ts";
import type { AuthFiles } from "../../images/auth-files.ts";
import type { CatalogReader } from "../../images/catalog.ts";
import type { ImageKeeper } from "../../images/image-keeper.ts";
import type { ImageStore } from "../../images/image-store.ts";
import type { ImagePlatform } from "../../images/pull/manifest.ts";
import type { StoreTools } from "../../images/store-tools.ts";
import type { CommandRunner } from "../../ports/command-runner.ts";
import type { HostFiles } from "../../ports/host-files.ts";
import type { RootedTrees } from "../../ports/rooted-tree.ts";
import type { StreamedCommands } from "../../ports/streamed-commands.ts";
import type { BuildCells } from "../builds/build-cells.ts";
import type { EventLog } from "../events/event-log.ts";
import type { BuilderStore } from "./builder-store.ts";
import type { CommittedContainer } from "./commit-config.ts";

/** What the service Images works with. */
export interface ImageServiceParts {
  readonly store: ImageStore;
  readonly keeper: ImageKeeper;
  readonly catalog: CatalogReader;
  readonly tools: StoreTools;
  readonly credentials: RegistryCredentials;
  readonly authFiles: AuthFiles;
  readonly http: RegistryHttp;
  readonly registryFiles: RegistryFiles;
  readonly files: HostFiles;
  readonly commands: CommandRunner;
  readonly streamed: StreamedCommands;
  readonly trees: RootedTrees;
  readonly events: EventLog;
  /** The containers of this host, as images can be made of them. */
  readonly containers: { committed(ref: string): Promise<CommittedContainer> };
  /** What builds run their steps in. */
  readonly cells: Pick<BuildCells, "make">;
  readonly builders: BuilderStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** This host's. */
  readonly platform: ImagePlatform;
  /** Root of the image store; what is on its way lies in `work` below it. */
  readonly storeRoot: string;
}

/** Names of such directories: two at the same time do not get the same one. */
const WORK_NAMES = 2 ** 40;

/** A directory for one piece of work, gone with all that is in it when disposed. */
export async function workDirectory({
  storeRoot,
  files,
  random,
}: Pick<ImageServiceParts, "storeRoot" | "files" | "random">): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = `${storeRoot}/work/${random.below(WORK_NAMES).toString(36)}`;
  await files.makeDirectory(path, 0o700);
  return { path, [Symbol.asyncDispose]: () => files.remove(path) };
}
