import type { ContainerKey } from "../../shared/ids.ts";
import type { HostFiles } from "../ports/host-files.ts";
import { isCrun } from "./oci-runtimes.ts";

type Config = Readonly<Record<string, unknown>>;

/** crun takes a compiled filter by it, instead of the profile in the configuration. */
const FILTER_ANNOTATION = "run.oci.seccomp_bpf_data";
/** Different profiles that are remembered: one for each set of capabilities that containers of a host have. */
const PROFILES_MAX = 64;
/** The kernel takes 4096 instructions of 8 bytes. */
const FILTER_BYTES_MAX = 32 << 10;
const INSTRUCTION_BYTES = 8;

/**
 * System call filters as crun has compiled them. That takes it half of what it needs to make a container, and most
 * containers of a host have the same profile. So what it made of a profile for one container is given to the next one,
 * beside the profile, which any other runtime heeds.
 */
export class CompiledFilters {
  readonly #files: Pick<HostFiles, "open">;
  /** Where the runtime keeps its notes. */
  readonly #root: string;
  /** By runtime and profile, in base64. */
  readonly #filters = new Map<string, string>();

  constructor(root: string, files: Pick<HostFiles, "open">) {
    this.#root = root;
    this.#files = files;
  }

  /** A configuration with its filter, if that is known. */
  applied(config: Config, program: string): Config {
    const profile = profileOf(config, program);
    const filter = profile === null ? undefined : this.#filters.get(profile);
    if (filter === undefined) return config;
    return {
      ...config,
      annotations: { ...(config["annotations"] as Config | undefined), [FILTER_ANNOTATION]: filter },
    };
  }

  /** A container has been made by a configuration, as `applied` was given it. What cannot be read is not learned. */
  async learn(key: ContainerKey, config: Config, program: string): Promise<void> {
    const profile = profileOf(config, program);
    if (profile === null || this.#filters.has(profile) || this.#filters.size >= PROFILES_MAX) return;
    const bytes = await this.#read(`${this.#root}/${key}/seccomp.bpf`).catch(() => null);
    if (bytes !== null) this.#filters.set(profile, Buffer.from(bytes).toString("base64"));
  }

  /** A container could not be made: perhaps its runtime is another one by now, and knows better. */
  forget(): void {
    this.#filters.clear();
  }

  async #read(path: string): Promise<Uint8Array | null> {
    await using file = await this.#files.open(path);
    if (file === null) return null;
    const size = await file.size();
    if (size === 0 || size > FILTER_BYTES_MAX || size % INSTRUCTION_BYTES !== 0) return null;
    const bytes = await file.read(0, size);
    return bytes.length === size ? bytes : null;
  }
}

/** null = there is nothing to compile, or the runtime is not one that takes it compiled. */
function profileOf(config: Config, program: string): string | null {
  const seccomp = (config["linux"] as Config | undefined)?.["seccomp"];
  return seccomp === undefined || !isCrun(program) ? null : `${program}\n${JSON.stringify(seccomp)}`;
}
