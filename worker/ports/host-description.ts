import { arch, cpus, hostname, totalmem } from "node:os";
import type { GenericResource, NodeDescription } from "../../shared/rpc/gen/objects.ts";
import { platformOf } from "../runtime/platform.ts";

export interface HostDescriptionOptions {
  /** swarmd's version. */
  readonly version: string;
  /** IP address to which other hosts send overlay traffic. */
  readonly dataPathAddress: string;
  /** Labels given on the command line. */
  readonly labels: Readonly<Record<string, string>>;
  /** What it has besides CPUs and memory, as given on the command line. */
  readonly genericResources: readonly GenericResource[];
  /** Instead of the system's. */
  readonly hostname?: string;
}

const NANOS_PER_CPU = 1_000_000_000;

/** As Node.js and image manifests abbreviate it: x64, arm64. */
export const hostArchitecture: string = arch();

/** What this host says about itself. Cheap: asked for at each session and every few seconds. */
export function describeHost(options: HostDescriptionOptions): NodeDescription {
  return {
    hostname: options.hostname ?? hostname(),
    platform: platformOf(arch()),
    resources: {
      nanoCpus: cpus().length * NANOS_PER_CPU,
      memoryBytes: totalmem(),
      pids: 0,
      generic: options.genericResources,
    },
    engineVersion: options.version,
    engineLabels: options.labels,
    dataPathAddress: options.dataPathAddress,
    // Known to its network part and its volumes alone.
    listeners: [],
    carriesIpv6: false,
    slotVolumes: [],
    overlay: null,
  };
}
