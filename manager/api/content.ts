import { timingSafeEqual } from "node:crypto";
import { createId } from "../../shared/ids.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { ContentKind } from "../../shared/objects/file-reference.ts";
import { KINDS, type KindEntry } from "../../shared/objects/kinds.ts";
import { hasLabels } from "../../shared/objects/labels.ts";
import type { ContentSpec, ObjectKinds, Service } from "../../shared/objects/types.ts";
import type {
  CompareSecretRequest,
  CreateContentRequest,
  ListContentsRequest,
  UpdateContentRequest,
} from "../../shared/rpc/gen/control.ts";
import type { FileReference, ContentSpec as WireContentSpec } from "../../shared/rpc/gen/objects.ts";
import { check, refuse } from "../../shared/spec-checks/refuse.ts";
import { validateLabels } from "../../shared/spec-checks/validate-annotations.ts";
import type { ReadView, WriteTx } from "../store/store-types.ts";
import { updateExpecting } from "../store/version-check.ts";
import { mayRollBack } from "../tasks/policies.ts";
import { type ApiContext, readCommitted } from "./api-context.ts";
import { anyOrNone, isAskedFor } from "./filters.ts";
import { findObject } from "./reference.ts";
import { validateContentSpec } from "./validate-content.ts";

// Secrets and configs: the same object, except for what may be read. No message here quotes data.

/** @throws SwarmError notFound, or invalidArgument when several match. */
export async function getContent<Kind extends ContentKind>(
  api: ApiContext,
  kind: Kind,
  ref: string,
): Promise<ObjectKinds[Kind]> {
  return concealed(kind, findObject(await readCommitted(api), kind, ref));
}

/** Those that match all filters. */
export async function listContents<Kind extends ContentKind>(
  api: ApiContext,
  kind: Kind,
  filter: ListContentsRequest,
): Promise<readonly ObjectKinds[Kind][]> {
  const view = await readCommitted(api);
  return view
    .all(kind)
    .filter(
      (object) =>
        isAskedFor(kind, object, filter) &&
        anyOrNone(filter.names, (name) => name.toLowerCase() === object.spec.annotations.name.toLowerCase()) &&
        hasLabels(filter.labels, object.spec.annotations.labels),
    )
    .map((object) => concealed(kind, object));
}

/** @throws SwarmError invalidArgument; alreadyExists for a name that is taken. */
export async function createContent<Kind extends ContentKind>(
  api: ApiContext,
  kind: Kind,
  request: CreateContentRequest,
): Promise<ObjectKinds[Kind]> {
  const spec = takeSpec(kind, request.spec);
  validateContentSpec(kind, spec);
  const id = createId<ObjectKinds[Kind]["id"]>(api.random);
  await api.store.update(`create ${kind}`, (tx) => {
    if (tx.byName(kind, spec.annotations.name) !== undefined) {
      refuse("alreadyExists", `${kind} ${spec.annotations.name} already exists: choose another name`);
    }
    tx.create(kind, { id, meta: { version: 0, createdAtMs: 0, updatedAtMs: 0 }, spec } as ObjectKinds[Kind]);
  });
  return newest(api, kind, id);
}

/** Changes labels; everything else stays as it was created. @throws SwarmError invalidArgument, notFound, aborted. */
export async function updateContent<Kind extends ContentKind>(
  api: ApiContext,
  kind: Kind,
  request: UpdateContentRequest,
): Promise<ObjectKinds[Kind]> {
  check(request.version > 0, `an update needs the version of the ${kind} that was read (meta.version)`);
  const asked = takeSpec(kind, request.spec);
  validateLabels(kind, asked.annotations);
  const { id } = findObject(await readCommitted(api), kind, request.ref);
  await updateExpecting(api.store, `update ${kind}`, { kind, id, version: request.version }, (tx, object) => {
    const { spec } = object;
    const isSame =
      asked.annotations.name === spec.annotations.name &&
      asked.templateDriver === spec.templateDriver &&
      (asked.data.length === 0 || asked.data.equals(spec.data));
    check(isSame, `only the labels of a ${kind} can be changed: create a new one and update the services that use it`);
    tx.update(kind, { ...object, spec: { ...spec, annotations: asked.annotations } });
  });
  return newest(api, kind, id);
}

/** @throws SwarmError notFound; invalidArgument, naming the services, while some use it. */
export async function removeContent(api: ApiContext, kind: ContentKind, ref: string): Promise<void> {
  await api.store.update(`remove ${kind}`, (tx) => {
    const object = findObject(tx, kind, ref);
    const users = usersOf(tx, kind, object.id).map(({ spec }) => spec.annotations.name);
    const noun = users.length === 1 ? "service" : "services";
    check(users.length === 0, `${kind} ${object.spec.annotations.name} is in use by ${noun} ${users.join(", ")}`);
    tx.remove(kind, object.id);
  });
}

/** @throws SwarmError notFound, or invalidArgument when several match. */
export async function isSecretSame(api: ApiContext, { ref, data }: CompareSecretRequest): Promise<boolean> {
  const { spec } = findObject(await readCommitted(api), "secret", ref);
  return spec.data.length === data.length && timingSafeEqual(spec.data, data);
}

/**
 * The spec with its secrets and configs resolved: by id where it has ids, otherwise by name; the names are then written
 * as the objects spell them.
 * @throws SwarmError invalidArgument for one that does not exist.
 */
export function withContentIds<Kind extends ContentKind>(
  view: ReadView,
  kind: Kind,
  references: readonly FileReference[],
): readonly FileReference[] {
  return references.map((reference) => {
    const { sourceId, sourceName } = reference;
    const found = sourceId === "" ? view.byName(kind, sourceName) : view.get(kind, sourceId);
    if (found === undefined) return refuse("invalidArgument", `${kind} not found: ${sourceName || sourceId}`);
    return { ...reference, sourceId: found.id, sourceName: found.spec.annotations.name };
  });
}

/**
 * Services whose tasks use it, or would use it if an update under way were rolled back: if a rollback found its secrets
 * gone, nothing of the service would run.
 */
function usersOf(tx: WriteTx, kind: ContentKind, id: string): readonly Service[] {
  const users = new Set(tx.referring("service", kind, id));
  for (const service of tx.all("service")) {
    const container = mayRollBack(service) ? service.previousSpec?.task.container : undefined;
    const references = kind === "secret" ? container?.secrets : container?.configs;
    if (references?.some(({ sourceId }) => sourceId === id) === true) users.add(service);
  }
  return [...users];
}

function takeSpec(kind: ContentKind, wire: WireContentSpec | null): ContentSpec {
  check(wire !== null, `the request holds no ${kind} spec`);
  return { ...wire, annotations: wire.annotations ?? { name: "", labels: {} } };
}

function newest<Kind extends ContentKind>(api: ApiContext, kind: Kind, id: ObjectKinds[Kind]["id"]): ObjectKinds[Kind] {
  return concealed(kind, mustHave(api.store.view().get(kind, id), `${kind} ${id}`));
}

function concealed<Kind extends ContentKind>(kind: Kind, object: ObjectKinds[Kind]): ObjectKinds[Kind] {
  return (KINDS[kind] as KindEntry<Kind>).conceal(object);
}
