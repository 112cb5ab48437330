import type { ComposeBuild } from "../../../shared/compose/build.ts";
import type { ContentSource } from "../../../shared/compose/project.ts";
import type { Dependency } from "../../../shared/compose/service.ts";
import type { ContentKind } from "../../../shared/objects/file-reference.ts";
import type { Labels } from "../../../shared/objects/labels.ts";
import type { NetworkSpec, ServiceSpec } from "../../../shared/rpc/gen/objects.ts";

/** What a Compose file wants of the swarm, before anything is known of what is there. */
export interface WantedStack {
  readonly stack: string;
  readonly networks: readonly WantedNetwork[];
  readonly contents: readonly WantedContent[];
  /** Each after those it depends on. */
  readonly services: readonly WantedService[];
}

/** `spec` null = an external one, of this name. */
export interface WantedNetwork {
  readonly key: string;
  readonly name: string;
  readonly spec: NetworkSpec | null;
}

/** A secret or a config. */
export interface WantedContent {
  readonly kind: ContentKind;
  readonly key: string;
  /** As Docker would call it; when its content changes, the next one has a longer name. */
  readonly name: string;
  readonly isExternal: boolean;
  /** It was named in the file: another name would not be what was asked for. */
  readonly hasOwnName: boolean;
  readonly labels: Labels;
  readonly templateDriver: string;
  readonly source: ContentSource;
}

export interface WantedService {
  readonly key: string;
  /** Networks, secrets and configs are given by name. */
  readonly spec: ServiceSpec;
  readonly build: ComposeBuild | null;
  /** Nobody asks a registry for its image: it is built, or may not be pulled. */
  readonly isImageLocal: boolean;
  readonly dependsOn: ReadonlyMap<string, Dependency>;
}
