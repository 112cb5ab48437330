import { loginNamesForText } from "../registry/login-names.ts";
import { CONTENT_KINDS, type Content, type ContentKind, type Contents } from "./file-reference.ts";
import type { ObjectKind, ObjectKinds, Task } from "./types.ts";

/** Kinds whose objects workers get because their tasks cannot start without them. In an Assignment, by their name. */
export const NEEDED_KINDS = [...CONTENT_KINDS, "login"] as const satisfies readonly ObjectKind[];
export type NeededKind = (typeof NEEDED_KINDS)[number];

/** Finds objects that a task needs without naming them. */
export interface ByName {
  byName<Kind extends NeededKind>(kind: Kind, name: string): ObjectKinds[Kind] | undefined;
}

/** What the leader and workers must know of such a kind; networks come from tables, not from here. */
interface TaskNeed<Kind extends NeededKind> {
  /** Which ones a task cannot start without. */
  readonly idsOf: (task: Task, objects: ByName) => readonly string[];
  /** What one of them adds to a message, in bytes; 0 = nothing to speak of. */
  readonly bytesOf: (object: ObjectKinds[Kind]) => number;
  /** A worker would do with the one what it does with the other. */
  readonly isSameToWorker: (old: ObjectKinds[Kind], object: ObjectKinds[Kind]) => boolean;
}

/** Only their labels ever change, which no worker looks at. */
const file = <Kind extends (typeof CONTENT_KINDS)[number]>(kind: Kind): TaskNeed<Kind> => ({
  idsOf: ({ spec: { container } }) =>
    (kind === "secret" ? container.secrets : container.configs).map(({ sourceId }) => sourceId),
  bytesOf: ({ spec }) => spec.data.length,
  isSameToWorker: () => true,
});

export const TASK_NEEDS: { readonly [Kind in NeededKind]: TaskNeed<Kind> } = {
  secret: file("secret"),
  config: file("config"),
  login: {
    // Only the one that counts, so that a host sees no more of a registry than its images.
    idsOf: ({ spec }, objects) => {
      for (const name of loginNamesOf(spec.container)) {
        const found = objects.byName("login", name);
        if (found !== undefined) return [found.id];
      }
      return [];
    },
    bytesOf: ({ spec }) => spec.password.length + spec.identityToken.length,
    isSameToWorker: (old, { spec }) =>
      old.spec.username === spec.username &&
      old.spec.password === spec.password &&
      old.spec.identityToken === spec.identityToken,
  },
};

/** By spec: objects are never changed, and whoever compares what a host should have asks for all of its tasks. */
const LOGIN_NAMES = new WeakMap<Task["spec"]["container"], readonly string[]>();

function loginNamesOf(container: Task["spec"]["container"]): readonly string[] {
  const known = LOGIN_NAMES.get(container);
  if (known !== undefined) return known;
  const names = loginNamesForText(container.image);
  LOGIN_NAMES.set(container, names);
  return names;
}

/** What a worker has of each kind, by id. */
export type Needed = { readonly [Kind in NeededKind]: ReadonlyMap<string, ObjectKinds[Kind]> };

/** What of it containers see as files. */
export function contentsAmong(needed: Pick<Needed, ContentKind>): Contents {
  return new Map<string, Content>(CONTENT_KINDS.flatMap((kind): (readonly [string, Content])[] => [...needed[kind]]));
}
