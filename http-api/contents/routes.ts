import { toDockerContent } from "../../shared/docker-shape/content.ts";
import { readContentJson } from "../../shared/docker-shape/content-json.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { ContentKind } from "../../shared/objects/file-reference.ts";
import type { CreateContentRequest, ListContentsRequest, UpdateContentRequest } from "../../shared/rpc/gen/control.ts";
import type { Config, Secret } from "../../shared/rpc/gen/objects.ts";
import { type Answer, empty, json } from "../answer.ts";
import type { Backend } from "../backend.ts";
import { requireJson } from "../body.ts";
import { checkFilters } from "../query.ts";
import { type Call, param, type Route } from "../route.ts";
import { swarmRoute, versionOf } from "../swarm-route.ts";

type Content = Secret | Config;
type Options = { readonly signal: AbortSignal };

/** The calls of one of the two kinds. */
interface Calls {
  readonly kind: ContentKind;
  readonly list: (
    control: Backend["control"],
    request: ListContentsRequest,
    options: Options,
  ) => Promise<readonly Content[]>;
  readonly get: (control: Backend["control"], ref: string, options: Options) => Promise<Content | null>;
  readonly create: (
    control: Backend["control"],
    request: CreateContentRequest,
    options: Options,
  ) => Promise<Content | null>;
  readonly update: (control: Backend["control"], request: UpdateContentRequest, options: Options) => Promise<unknown>;
  readonly remove: (control: Backend["control"], ref: string, options: Options) => Promise<unknown>;
}

const SECRETS: Calls = {
  kind: "secret",
  list: async (control, request, options) => (await control.listSecrets(request, options)).secrets,
  get: async (control, ref, options) => (await control.getSecret({ ref }, options)).secret,
  create: async (control, request, options) => (await control.createSecret(request, options)).secret,
  update: (control, request, options) => control.updateSecret(request, options),
  remove: (control, ref, options) => control.removeSecret({ ref }, options),
};

const CONFIGS: Calls = {
  kind: "config",
  list: async (control, request, options) => (await control.listConfigs(request, options)).configs,
  get: async (control, ref, options) => (await control.getConfig({ ref }, options)).config,
  create: async (control, request, options) => (await control.createConfig(request, options)).config,
  update: (control, request, options) => control.updateConfig(request, options),
  remove: (control, ref, options) => control.removeConfig({ ref }, options),
};

const FILTERS = ["id", "label", "name", "names"];

/** Secrets and configs: the same operations on both. */
export const contentRoutes: readonly Route[] = [...routesOf(SECRETS), ...routesOf(CONFIGS)];

function routesOf(calls: Calls): readonly Route[] {
  const { kind } = calls;
  return [
    swarmRoute("GET", `/${kind}s`, (call) => list(call, calls)),
    swarmRoute("POST", `/${kind}s/create`, (call) => create(call, calls)),
    swarmRoute("GET", `/${kind}s/{ref}`, (call) => inspect(call, calls)),
    swarmRoute("DELETE", `/${kind}s/{ref}`, (call) => remove(call, calls)),
    swarmRoute("POST", `/${kind}s/{ref}/update`, (call) => update(call, calls)),
  ];
}

async function list({ backend, query, signal }: Call, { kind, list: ask }: Calls): Promise<Answer> {
  const filters = query.filters();
  checkFilters(filters, FILTERS);
  const request = {
    idPrefixes: filters.get("id") ?? [],
    namePrefixes: filters.get("name") ?? [],
    labels: filters.get("label") ?? [],
    names: filters.get("names") ?? [],
  };
  return json((await ask(backend.control, request, { signal })).map((content) => toDockerContent(kind, content)));
}

async function inspect(call: Call, { kind, get }: Calls): Promise<Answer> {
  const content = await get(call.backend.control, param(call, "ref"), { signal: call.signal });
  return json(toDockerContent(kind, mustHave(content, `the ${kind} of an answer`)));
}

async function create(call: Call, { kind, create: make }: Calls): Promise<Answer> {
  const spec = readContentJson(kind, await requireJson(call.body));
  const made = await make(call.backend.control, { spec }, { signal: call.signal });
  return json({ ID: mustHave(made, `the ${kind} of an answer`).id }, 201);
}

async function update(call: Call, { kind, update: change }: Calls): Promise<Answer> {
  const spec = readContentJson(kind, await requireJson(call.body));
  const request = { ref: param(call, "ref"), version: versionOf(call, kind), spec };
  await change(call.backend.control, request, { signal: call.signal });
  return empty(200);
}

async function remove(call: Call, { remove: forget }: Calls): Promise<Answer> {
  await forget(call.backend.control, param(call, "ref"), { signal: call.signal });
  return empty(204);
}
