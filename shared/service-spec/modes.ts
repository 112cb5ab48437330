import { unreachable } from "../invariant.ts";
import type { ServiceMode, ServiceSpec } from "../objects/types.ts";
import { DEFAULT_REPLICAS } from "./defaults.ts";

interface ModeTraits {
  /** Its name in Docker's JSON. */
  readonly docker: string;
  /** As people write it: `--mode replicated-job`. */
  readonly word: string;
  /** Its tasks fill numbered slots; otherwise each belongs to a node and has no number. */
  readonly isNumbered: boolean;
  /** Its tasks run to their end, once. */
  readonly isJob: boolean;
}

/** What code that reads and shows specs must know about each mode. What a mode does is in manager/tasks. */
export const SERVICE_MODES: { readonly [Mode in ServiceMode]: ModeTraits } = {
  replicated: { docker: "Replicated", word: "replicated", isNumbered: true, isJob: false },
  global: { docker: "Global", word: "global", isNumbered: false, isJob: false },
  replicatedJob: { docker: "ReplicatedJob", word: "replicated-job", isNumbered: true, isJob: true },
  globalJob: { docker: "GlobalJob", word: "global-job", isNumbered: false, isJob: true },
};

/** "replicated job": as lists show a mode, and as sentences name it. */
export const modeText = (mode: ServiceMode): string => SERVICE_MODES[mode].word.replace("-", " ");

type ModeOf<Spec> = Spec extends { readonly mode: infer Mode extends ServiceMode }
  ? { readonly mode: Mode } & { readonly [Name in Mode]: Spec[Name & keyof Spec] }
  : never;

/** The part of a spec that states the mode, with its default settings. */
export function freshMode(mode: ServiceMode): ModeOf<ServiceSpec> {
  switch (mode) {
    case "replicated":
      return { mode, replicated: { replicas: DEFAULT_REPLICAS, autoscale: "" } };
    case "global":
      return { mode, global: {} };
    case "replicatedJob":
      return { mode, replicatedJob: { maxConcurrent: DEFAULT_REPLICAS, totalCompletions: DEFAULT_REPLICAS } };
    case "globalJob":
      return { mode, globalJob: {} };
    default:
      return unreachable(mode);
  }
}
