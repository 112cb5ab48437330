import type { ContainerKey } from "../../shared/ids.ts";
import { containerHostname } from "../../shared/objects/hostname.ts";
import type { ImageConfig } from "../images/image-config.ts";
import type { HostFiles } from "../ports/host-files.ts";
import type { ContainerPlaces } from "../ports/host-network.ts";
import { containerPaths } from "../runtime/container-paths.ts";
import type { DirectoryLimits } from "../runtime/directory-limits.ts";
import { findHostAccess } from "../runtime/host-access.ts";
import { type OciProcess, ociConfig, ociProcess } from "../runtime/oci-config.ts";
import type { OciMount } from "../runtime/oci-mount.ts";
import type { ContainerUser } from "../runtime/users.ts";
import type { ContainerGroups } from "./container-groups.ts";
import type { ContainerMakerOptions } from "./container-maker.ts";
import { containerPlan } from "./container-plan.ts";
import { type NameFiles, writeNameFiles } from "./name-files.ts";
import { placeOf, type WantedContainer } from "./wanted-container.ts";

/** What a container has around it, for processes whose root file system somebody else makes. */
export interface Cell {
  /** The OCI configuration; what it says of root file system, command, environment and user is nobody's. */
  readonly config: CellConfig;
  /** Of a process whose user is not root. */
  readonly userCapabilities: OciProcess["capabilities"];
  readonly hostname: string;
  readonly names: NameFiles;
  /** null = the host's. */
  readonly namespacePath: string | null;
  /** Program, by name or path. */
  readonly ociRuntime: string;
}

/** The parts of an OCI configuration that a cell is made of. */
export interface CellConfig {
  readonly process: OciProcess;
  readonly mounts: readonly OciMount[];
  readonly linux: Readonly<Record<string, unknown>>;
}

export interface CellMakerParts {
  readonly files: HostFiles;
  readonly network: ContainerPlaces;
  readonly groups: ContainerGroups;
  readonly limits: DirectoryLimits;
}

const ROOT: ContainerUser = { uid: 0, gid: 0, additionalGids: [0], home: "/root" };
const SOMEBODY: ContainerUser = { ...ROOT, uid: 1 };
const NO_IMAGE: ImageConfig = {
  ...{ entrypoint: [], cmd: ["/bin/sh"], env: [], user: "", workingDir: "", stopSignal: "", exposedPorts: [] },
  ...{ volumes: [], healthcheck: null, labels: {}, shell: [] },
};

/** Makes cells by the rules that containers are made by, so that there are no second ones that could be weaker. */
export class CellMaker {
  readonly #options: ContainerMakerOptions;
  readonly #parts: CellMakerParts;

  constructor(options: ContainerMakerOptions, parts: CellMakerParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /**
   * Its namespace of the network, and files of names in `directory`, which is there. Whatever happens, `clear` takes it
   * away.
   * @throws SwarmError for what this host does not have.
   */
  async make(wanted: WantedContainer, directory: string): Promise<Cell> {
    const { files, network, limits } = this.#parts;
    const { shared, hostname: host, hostCapacity, runtimes } = this.#options;
    const findings = await findHostAccess(wanted, { files, limits, hostname: host, host: hostCapacity });
    const place = await network.attach(placeOf(wanted));
    const names: NameFiles = {
      hosts: `${directory}/hosts`,
      hostnameFile: `${directory}/hostname`,
      resolvConf: `${directory}/resolv.conf`,
    };
    await writeNameFiles(files, names, wanted, place);
    const plan = containerPlan({
      ...this.#options,
      ...{ wanted, image: NO_IMAGE, network: place, user: ROOT, joined: {}, findings, mounts: [], initProgram: null },
      paths: containerPaths(shared, wanted.key),
    });
    return {
      config: ociConfig(plan) as Readonly<Record<string, unknown>> & CellConfig,
      userCapabilities: ociProcess({ ...plan, user: SOMEBODY }).capabilities,
      hostname: containerHostname(wanted.spec.container.hostname, wanted.key),
      names,
      namespacePath: place.namespacePath,
      ociRuntime: runtimes.usual,
    };
  }

  /**
   * Ends what runs in it and gives its addresses back. Its files are the caller's.
   * @throws SwarmError when something is left; may be done again.
   */
  async clear(key: ContainerKey): Promise<void> {
    await this.#parts.groups.clear(key);
    await this.#parts.network.detach(key);
  }
}
