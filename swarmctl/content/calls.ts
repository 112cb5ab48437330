import { mustHave } from "../../shared/invariant.ts";
import type { ContentKind } from "../../shared/objects/file-reference.ts";
import type { ListContentsRequest } from "../../shared/rpc/gen/control.ts";
import type { Config, ContentSpec, Secret } from "../../shared/rpc/gen/objects.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { Cli } from "../cli.ts";

/** A secret or a config as the managers return it. */
export type Content = Secret | Config;

/** The calls for one kind. @throws SwarmError whatever the managers answer. */
export interface ContentCalls {
  get(ref: string): Promise<Content>;
  list(filter: Sendable<ListContentsRequest>): Promise<readonly Content[]>;
  create(spec: Sendable<ContentSpec>): Promise<Content>;
  update(ref: string, version: number, spec: Sendable<ContentSpec>): Promise<Content>;
  remove(ref: string): Promise<void>;
}

export async function contentCalls({ api, signal }: Cli, kind: ContentKind): Promise<ContentCalls> {
  const control = await api.control();
  const must = (content: Content | null): Content => mustHave(content, `the ${kind} of the answer`);
  const options = { signal };
  if (kind === "secret") {
    return {
      get: async (ref) => must((await control.getSecret({ ref }, options)).secret),
      list: async (filter) => (await control.listSecrets(filter, options)).secrets,
      create: async (spec) => must((await control.createSecret({ spec }, options)).secret),
      update: async (ref, version, spec) => must((await control.updateSecret({ ref, version, spec }, options)).secret),
      remove: async (ref) => void (await control.removeSecret({ ref }, options)),
    };
  }
  return {
    get: async (ref) => must((await control.getConfig({ ref }, options)).config),
    list: async (filter) => (await control.listConfigs(filter, options)).configs,
    create: async (spec) => must((await control.createConfig({ spec }, options)).config),
    update: async (ref, version, spec) => must((await control.updateConfig({ ref, version, spec }, options)).config),
    remove: async (ref) => void (await control.removeConfig({ ref }, options)),
  };
}
