import type { ContentKind } from "../../shared/objects/file-reference.ts";
import type { Network, Service } from "../../shared/rpc/gen/objects.ts";
import type { Cli } from "../cli.ts";
import { type Content, contentCalls } from "../content/calls.ts";
import { inStack, stackFilter } from "./names.ts";
import type { WantedStack } from "./translate/wanted.ts";

/** What the swarm has of a stack, and what else has one of its names. */
export interface StackState {
  /** All: they are few, and any may be an external one. */
  readonly networks: readonly Network[];
  readonly contents: Readonly<Record<ContentKind, readonly Content[]>>;
  readonly services: readonly Service[];
}

export async function readState(cli: Cli, wanted: WantedStack): Promise<StackState> {
  const { stack } = wanted;
  const control = await cli.api.control();
  const options = { signal: cli.signal };
  const [{ networks }, secrets, configs, labelled, named] = await Promise.all([
    control.listNetworks({}, options),
    contentsOf(cli, "secret", wanted),
    contentsOf(cli, "config", wanted),
    control.listServices(stackFilter(stack), options),
    control.listServices({ namePrefixes: [inStack(stack, "")] }, options),
  ]);
  const services = [...labelled.services, ...named.services].flatMap(({ service }) =>
    service === null ? [] : [service],
  );
  return { networks, contents: { secret: secrets, config: configs }, services: unique(services) };
}

async function contentsOf(cli: Cli, kind: ContentKind, { stack, contents }: WantedStack): Promise<readonly Content[]> {
  const calls = await contentCalls(cli, kind);
  const names = contents.filter((content) => content.kind === kind).map(({ name }) => name);
  const [ofStack, named] = await Promise.all([
    calls.list(stackFilter(stack)),
    names.length === 0 ? [] : calls.list({ names }),
  ]);
  return unique([...ofStack, ...named]);
}

function unique<Item extends { readonly id: string }>(items: readonly Item[]): readonly Item[] {
  return [...new Map(items.map((item) => [item.id, item])).values()];
}
