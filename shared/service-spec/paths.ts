import { mustHave } from "../invariant.ts";
import type { Mount, ServiceSpec } from "../rpc/gen/objects.ts";
import { codecs } from "../rpc/schema.ts";

/** What lies at `task.container.dir` and the like; never where there is no such place. */
export type ValueAt<Whole, Path extends string> = Path extends `${infer Head}.${infer Rest}`
  ? Head extends keyof NonNullable<Whole>
    ? ValueAt<NonNullable<Whole>[Head], Rest>
    : never
  : Path extends keyof NonNullable<Whole>
    ? NonNullable<NonNullable<Whole>[Path]>
    : never;

type Part = Readonly<Record<string, unknown>>;

/** The value at a path, undefined where it or a part around it is absent. */
export function valueAt(spec: ServiceSpec, path: string): unknown {
  let at: unknown = spec;
  for (const key of path.split(".")) {
    if (at === null || at === undefined) return undefined;
    at = (at as Part)[key];
  }
  return at ?? undefined;
}

/**
 * The spec with another value at a path; undefined takes an optional value away. `fill` makes a part that was absent
 * from its empty one, so that the values beside the new one are what they are by default and not zero.
 */
export function withValueAt(
  spec: ServiceSpec,
  path: string,
  value: unknown,
  fill: (partPath: string, empty: Part) => Part,
): ServiceSpec {
  return replaceIn(spec as Part, path.split("."), 0, value, fill) as unknown as ServiceSpec;
}

function replaceIn(
  whole: Part,
  keys: readonly string[],
  depth: number,
  value: unknown,
  fill: (partPath: string, empty: Part) => Part,
): Part {
  const key = mustHave(keys[depth], "a key of the path");
  if (depth === keys.length - 1) {
    if (value !== undefined) return { ...whole, [key]: value };
    const { [key]: _, ...rest } = whole;
    return rest;
  }
  const partPath = keys.slice(0, depth + 1).join(".");
  const part = (whole[key] ?? fill(partPath, emptyPart(partPath))) as Part;
  return { ...whole, [key]: replaceIn(part, keys, depth + 1, value, fill) };
}

let empty: ServiceSpec | null = null;

/** A spec with nothing in it, all of its parts there: every value as the wire has it when nobody said anything. */
export function emptySpec(): ServiceSpec {
  empty ??= codecs.serviceSpec.decode(
    codecs.serviceSpec.encode({
      annotations: {},
      task: {
        container: { healthcheck: {}, dns: {} },
        limits: {},
        reservations: {},
        restart: {},
        placement: {},
        logDriver: {},
      },
      update: {},
      rollback: {},
      endpoint: {},
    }),
  );
  return empty;
}

/** A mount of which nothing is said but that it is a volume, as it is on the command line. */
export function emptyMount(): Mount {
  const empty = codecs.serviceSpec.decode(codecs.serviceSpec.encode({ task: { container: { mounts: [{}] } } }));
  return { ...mustHave(empty.task?.container?.mounts[0], "an empty mount"), type: "VOLUME" };
}

function emptyPart(path: string): Part {
  return mustHave(valueAt(emptySpec(), path) as Part | undefined, `the part ${path} of a service spec`);
}
