import type { FileUse, SoftAndHard } from "./service-parts.ts";

/** `build` of a service: how its image is made. */
export interface ComposeBuild {
  /** An absolute path, or an address of a repository. */
  readonly context: string;
  /** Relative to the context; null with `dockerfileInline`. */
  readonly dockerfile: string | null;
  readonly dockerfileInline: string | null;
  readonly target: string | null;
  /** null = named without a value that the environment has. */
  readonly args: ReadonlyMap<string, string | null>;
  readonly labels: ReadonlyMap<string, string>;
  readonly tags: readonly string[];
  readonly platforms: readonly string[];
  readonly additionalContexts: ReadonlyMap<string, string>;
  readonly cacheFrom: readonly string[];
  readonly cacheTo: readonly string[];
  readonly noCache: boolean | null;
  readonly noCacheFilter: readonly string[];
  readonly pull: boolean | null;
  readonly network: string | null;
  readonly isolation: string | null;
  readonly privileged: boolean | null;
  readonly entitlements: readonly string[];
  readonly extraHosts: readonly string[];
  readonly secrets: readonly FileUse[];
  /** By id; null = the agent's. */
  readonly ssh: ReadonlyMap<string, string | null>;
  readonly shmSizeBytes: number | null;
  readonly ulimits: ReadonlyMap<string, SoftAndHard>;
  /** `true`, `false`, or what to attest. */
  readonly provenance: string | null;
  readonly sbom: string | null;
}
