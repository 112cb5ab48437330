import { unreachable } from "../invariant.ts";
import type { ServiceMode, ServiceSpec } from "../objects/types.ts";
import { DEFAULT_REPLICAS } from "./defaults.ts";

interface ModeTraits {
  /** Its name in Docker's JSON. */
  readonly docker: string;
  /** Its tasks fill numbered slots; otherwise each belongs to a node and has no number. */
  readonly isNumbered: boolean;
}

/** What code that reads and shows specs must know about each mode. What a mode does is in manager/tasks. */
export const SERVICE_MODES: { readonly [Mode in ServiceMode]: ModeTraits } = {
  replicated: { docker: "Replicated", isNumbered: true },
  global: { docker: "Global", isNumbered: false },
};

type ModeOf<Spec> = Spec extends { readonly mode: infer Mode extends ServiceMode }
  ? { readonly mode: Mode } & { readonly [Name in Mode]: Spec[Name & keyof Spec] }
  : never;

/** The part of a spec that states the mode, with its default settings. */
export function freshMode(mode: ServiceMode): ModeOf<ServiceSpec> {
  switch (mode) {
    case "replicated":
      return { mode, replicated: { replicas: DEFAULT_REPLICAS } };
    case "global":
      return { mode, global: {} };
    default:
      return unreachable(mode);
  }
}
