import { mustHave } from "../invariant.ts";
import type { Mount, ServiceSpec } from "../rpc/gen/objects.ts";
import { asReceived } from "../rpc/light/as-received.ts";
import { messageType } from "../rpc/light/services.ts";
import type { Sendable } from "../rpc/sendable.ts";

/** The type of the value at a path such as `task.container.dir`; never if there is no such path. */
export type ValueAt<Whole, Path extends string> = Path extends `${infer Head}.${infer Rest}`
  ? Head extends keyof NonNullable<Whole>
    ? ValueAt<NonNullable<Whole>[Head], Rest>
    : never
  : Path extends keyof NonNullable<Whole>
    ? NonNullable<NonNullable<Whole>[Path]>
    : never;

type Part = Readonly<Record<string, unknown>>;

/** Keys of the paths that were asked for: those of our tables, some hundreds, each for every spec that comes. */
const keysByPath = new Map<string, readonly string[]>();

function keysOf(path: string): readonly string[] {
  let keys = keysByPath.get(path);
  if (keys === undefined) {
    keys = path.split(".");
    keysByPath.set(path, keys);
  }
  return keys;
}

/** The value at a path of our tables; undefined if it or a part around it is absent. */
export function valueAt(spec: ServiceSpec, path: string): unknown {
  let at: unknown = spec;
  for (const key of keysOf(path)) {
    if (at === null || at === undefined) return undefined;
    at = (at as Part)[key];
  }
  return at ?? undefined;
}

/**
 * The spec with another value at a path; undefined removes an optional value. `fill` completes a part that was absent,
 * so that the values beside the new one are their defaults rather than zero.
 */
export function withValueAt(
  spec: ServiceSpec,
  path: string,
  value: unknown,
  fill: (partPath: string, empty: Part) => Part,
): ServiceSpec {
  return replaceIn(spec as Part, keysOf(path), 0, value, fill) as unknown as ServiceSpec;
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

/** A spec in which nothing is set but all parts are present: every value is what the wire has for an unset field. */
export function emptySpec(): ServiceSpec {
  empty ??= received({
    annotations: {},
    task: {
      container: { healthcheck: {}, dns: {} },
      limits: {},
      reservations: {},
      restart: {},
      placement: {},
      logDriver: {},
      controls: {},
      loss: {},
    },
    update: {},
    rollback: {},
    schedule: {},
    preDeploy: {},
    endpoint: {},
  });
  return empty;
}

/** A mount with nothing set except that it is a volume, the default on the command line. */
export function emptyMount(): Mount {
  const empty = received({ task: { container: { mounts: [{}] } } });
  return { ...mustHave(empty.task?.container?.mounts[0], "an empty mount"), type: "VOLUME" };
}

// By the small codec: the library of the daemon builds every message of the contract first, which took the command
// line three times as long as all of its own work.
const received = (spec: Sendable<ServiceSpec>): ServiceSpec =>
  asReceived(messageType("ServiceSpec"), spec) as ServiceSpec;

function emptyPart(path: string): Part {
  return mustHave(valueAt(emptySpec(), path) as Part | undefined, `the part ${path} of a service spec`);
}
