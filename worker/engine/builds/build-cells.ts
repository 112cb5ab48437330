import { messageOf, SwarmError } from "../../../shared/errors.ts";
import type { ContainerId } from "../../../shared/ids.ts";
import { type Logger, levelOfFailure } from "../../../shared/log.ts";
import { createContainerId, isContainerKey } from "../../../shared/objects/container-id.ts";
import { type Clock, sleep } from "../../../shared/ports/clock.ts";
import type { Random } from "../../../shared/ports/random.ts";
import type { ContainerConfig, OwnContainer } from "../../../shared/rpc/gen/containers.ts";
import type { BuildHeader } from "../../../shared/rpc/gen/images.ts";
import type { CellMaker } from "../../executor/cell-maker.ts";
import type { HostFiles } from "../../ports/host-files.ts";
import { wantedOf } from "../containers/wanted.ts";
import type { ContainerPlaces } from "../networks/container-places.ts";
import { stepContainer } from "./step-container.ts";
import { stepEdits } from "./step-edits.ts";
import { type StepRuntime, stepRuntime } from "./step-runtime.ts";

/** How often what builds left is looked for, as often as what tasks left. */
const SWEEP_EVERY_MS = 60_000;
/** Builds at the same time on one host; each is a few programs that work hard. */
const CELLS_MAX = 100;
/** Characters of an id that people see. */
const SHORT_ID_LENGTH = 12;

export interface BuildCellsParts {
  readonly cells: CellMaker;
  readonly places: Pick<ContainerPlaces, "resolve" | "lease" | "publish" | "release">;
  readonly files: HostFiles;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Holds the cells, in the run directory: gone after a reboot, as they are. */
  readonly directory: string;
}

/** What the steps of one build have around them. Disposing it leaves nothing of it. */
export interface BuildCell extends AsyncDisposable {
  /** null = the host's network. */
  readonly namespacePath: string | null;
  /** What edits the configuration of a step, as a script for sed. */
  readonly edits: string;
  /** What the builder calls in place of its OCI runtime; `edits` is where those were written. */
  runtime(edits: string): string;
}

/** The cells of the builds that are under way on this host. */
export class BuildCells {
  readonly #parts: BuildCellsParts;
  /** As places on networks know containers. */
  readonly #open = new Map<string, OwnContainer>();
  #failures = 0;

  constructor(parts: BuildCellsParts) {
    this.#parts = parts;
  }

  /** Builds that are under way, as those see them who give addresses. */
  stored(): readonly OwnContainer[] {
    return [...this.#open.values()];
  }

  /** @throws SwarmError; then nothing is left of it, or the next sweep takes it. */
  async make(header: Pick<BuildHeader, "step" | "network" | "hosts">): Promise<BuildCell> {
    const { places, random } = this.#parts;
    const config = await places.resolve(stepContainer(header));
    if (this.#open.size >= CELLS_MAX)
      throw new SwarmError("resourceExhausted", `this host has ${CELLS_MAX} builds under way: try again later`);
    const id = createContainerId(random);
    // A network that is to be removed says by it who is in the way.
    this.#open.set(id, asStored(id, { ...config, name: `build-${id.slice(0, SHORT_ID_LENGTH)}` }));
    try {
      return await this.#make(id);
    } catch (error) {
      await this.#close(id);
      throw error;
    }
  }

  async #make(id: ContainerId): Promise<BuildCell> {
    const { cells, places, files } = this.#parts;
    const directory = this.#directoryOf(id);
    await files.makeDirectory(directory, 0o700);
    const blank = this.#open.get(id);
    if (blank === undefined) throw new Error("a cell is made that nobody has asked for");
    const stored = { ...blank, places: [...(await places.lease(blank))] };
    this.#open.set(id, stored);
    places.publish();
    const cell = await cells.make(wantedOf(stored, refuseOthers), directory);
    const script: Omit<StepRuntime, "edits"> = { program: cell.ociRuntime, state: `${directory}/oci` };
    return {
      namespacePath: cell.namespacePath,
      edits: stepEdits(cell),
      runtime: (edits) => stepRuntime({ ...script, edits }),
      [Symbol.asyncDispose]: () => this.#close(id),
    };
  }

  /** Never rejects: what cannot be taken away now is left to the next sweep. */
  async #close(id: ContainerId): Promise<void> {
    try {
      await this.#clear(id);
    } catch (error) {
      this.#parts.log.warn("something of a build is left for now", { build: id, error: messageOf(error) });
    } finally {
      this.#open.delete(id);
    }
  }

  async #clear(id: ContainerId): Promise<void> {
    const { cells, places, files } = this.#parts;
    await cells.clear(id);
    places.release(id);
    // Last, so that what a crash in between leaves is found again.
    await files.remove(this.#directoryOf(id));
  }

  /** Takes away what is left of builds that are not under way, now and from time to time, until it is stopped. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#sweep();
      await sleep(this.#parts.clock, SWEEP_EVERY_MS, "engine: sweep after builds", signal).catch(() => {});
    }
  }

  async #sweep(): Promise<void> {
    const { files, directory, log } = this.#parts;
    try {
      for (const name of await files.list(directory)) {
        if (!this.#open.has(name) && isContainerKey(name)) await this.#clear(name as ContainerId);
      }
      this.#failures = 0;
    } catch (error) {
      this.#failures++;
      log[levelOfFailure(this.#failures)]("what a build left cannot be taken away yet", { error: messageOf(error) });
    }
  }

  #directoryOf(id: ContainerId): string {
    return `${this.#parts.directory}/${id}`;
  }
}

/** Nothing of it is ever kept; it runs as long as the build. */
function asStored(id: ContainerId, config: ContainerConfig): OwnContainer {
  return {
    ...{ id, config, imageId: "", createdAtMs: 0, command: [], imagePorts: [], isWanted: false, isStopped: false },
    ...{ startedAtMs: 0, finishedAtMs: 0, exitCode: 0, error: "", outOfMemory: false, restarts: 0, isPaused: false },
    ...{ isRemoving: false, boundPorts: [], failures: 0, places: [] },
  };
}

function refuseOthers(ref: string): never {
  throw new SwarmError("invalidArgument", `a build shares nothing with container ${ref}`);
}
