import type { ServiceMode } from "../objects/types.ts";
import type { ServiceSpec } from "../rpc/gen/objects.ts";
import type { ValueAt } from "./paths.ts";

/**
 * The type of a value, which determines how each interface reads, checks and shows it. `clearable`: leaving it unset
 * means something that no value means, so the flag takes an empty value, which unsets it again.
 */
export type FieldType =
  /** Free text; `pattern` if not every text is valid, `hint` says what is. */
  | { readonly kind: "text"; readonly pattern?: RegExp; readonly hint?: string; readonly lengthMax?: number }
  /** A command line, split as a shell does. */
  | { readonly kind: "words" }
  | { readonly kind: "switch" }
  | { readonly kind: "whole"; readonly min: number; readonly max: number; readonly clearable?: true }
  /** Milliseconds; nanoseconds to Docker. */
  | { readonly kind: "duration"; readonly clearable?: true }
  | { readonly kind: "bytes"; readonly min: number; readonly unlimited?: true; readonly clearable?: true }
  | { readonly kind: "cpus"; readonly min: number }
  | { readonly kind: "ratio" }
  /** Docker's word and ours on the wire. */
  | { readonly kind: "choice"; readonly choices: Readonly<Record<string, string>> }
  /** Elements with a key each, added, replaced and removed one by one; the interfaces know each kind of element. */
  | { readonly kind: "list"; readonly element: ElementKind };

export type ElementKind =
  | "label"
  | "env"
  | "mount"
  | "port"
  | "constraint"
  | "preference"
  | "affinity"
  | "dependency"
  | "genericResource"
  | "text"
  | "host"
  | "sysctl"
  | "ulimit"
  | "option"
  | "secret"
  | "config"
  | "network"
  | "device"
  | "gpu"
  /** A number for a block device: a weight, requests per second, bytes per second. */
  | "weight"
  | "rate"
  | "byteRate"
  | "hugepages"
  /** A command line that is run in a container at a turn of its life. */
  | "step";

/** The type of a field that is a list of such elements. */
export const list = <const Element extends ElementKind>(element: Element) => ({ kind: "list", element }) as const;

/** Section of `service inspect --pretty` and the label within it. */
export type PrettyPlace = readonly [section: string, label: string];

/**
 * A field of a service's spec, with everything the interfaces need to know: a row gives it a flag, checks and both
 * shapes.
 */
export interface ServiceField {
  /** Its path in ServiceSpec (objects.proto): `task.container.dir`. */
  readonly path: string;
  readonly type: FieldType;
  /** As help shows it: `-w, --workdir <dir>`. For lists, update has `-add` and `-rm` forms of it. */
  readonly flag: string;
  /** Its flag for one container (`swarmctl run`), as in Docker; absent = the same, null = containers do not have it. */
  readonly run?: string | null;
  readonly help: string;
  /** What a sentence calls it: "stop grace period". */
  readonly noun: string;
  /** What it means if the spec does not set it. Absent = nothing, or what the image says. */
  readonly default?: unknown;
  /** Its path in Docker's ServiceSpec. */
  readonly docker: string;
  /** Its path in what Docker's API takes for one container; absent = one has it in another form, or not. */
  readonly dockerRun?: string;
  /** Docker shows it even when it is empty. Fields with a default are always shown. */
  readonly dockerShowsEmpty?: true;
  readonly pretty?: PrettyPlace;
  /** Only services of these modes have it. Rows of different modes may share a flag. */
  readonly onlyFor?: readonly ServiceMode[];
}

type TypeOf<Value> = [Value] extends [never]
  ? never
  : [Value] extends [boolean]
    ? { readonly kind: "switch" }
    : [Value] extends [number]
      ? Extract<FieldType, { readonly kind: "whole" | "duration" | "bytes" | "cpus" | "ratio" }>
      : [string] extends [Value]
        ? Extract<FieldType, { readonly kind: "text" }>
        : [Value] extends [string]
          ? { readonly kind: "choice"; readonly choices: Readonly<Record<string, Value>> }
          : Extract<FieldType, { readonly kind: "words" | "list" }>;

/** A row of the table; a row whose path leads nowhere, or to something of another type, does not compile. */
export function field<const Path extends string>(
  path: Path,
  rest: Omit<ServiceField, "path" | "type" | "default"> & {
    readonly type: TypeOf<ValueAt<ServiceSpec, Path>>;
    readonly default?: ValueAt<ServiceSpec, Path>;
  },
): ServiceField {
  return { path, ...rest } as ServiceField;
}
