import { SwarmError } from "../../shared/errors.ts";
import type { Labels } from "../../shared/objects/labels.ts";
import { labelOf } from "../../shared/objects/labels.ts";
import type { ServiceWithStatus } from "../../shared/rpc/gen/control.ts";
import type { Service } from "../../shared/rpc/gen/objects.ts";
import type { Cli } from "../cli.ts";
import { usageError } from "../parse/usage.ts";

/** What makes an object part of a stack, as in Docker: there is no other record of stacks. */
export const STACK_LABEL = "com.docker.stack.namespace";
/** Of a service: the image as its file says it, before a manager pinned it. */
export const IMAGE_LABEL = "com.docker.stack.image";

const STACK_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9_.-]*[a-zA-Z0-9])?$/;
/** Names of objects are made of it, and have at most 63 characters. */
const STACK_NAME_LENGTH_MAX = 58;

/** @throws SwarmError invalidArgument. */
export function checkStackName(name: string): string {
  if (STACK_NAME.test(name) && name.length <= STACK_NAME_LENGTH_MAX) return name;
  throw usageError(
    `invalid stack name "${name}": only letters, digits, "_", "." and "-" are allowed, ` +
      `at most ${STACK_NAME_LENGTH_MAX}, with a letter or digit first and last`,
  );
}

/** `site` of the stack shop: `shop_site`. */
export function inStack(stack: string, name: string): string {
  return `${stack}_${name}`;
}

/** The filter that lists everything of a stack. */
export function stackFilter(stack: string): { readonly labels: readonly string[] } {
  return { labels: [`${STACK_LABEL}=${stack}`] };
}

export function isOfStack(stack: string, labels: Labels | null | undefined): boolean {
  return labelOf(labels, STACK_LABEL) === stack;
}

/** The services of a stack, with how many of their tasks run. */
export async function stackServices(cli: Cli, stack: string): Promise<readonly ServiceWithStatus[]> {
  const control = await cli.api.control();
  const { services } = await control.listServices(stackFilter(checkStackName(stack)), { signal: cli.signal });
  return services;
}

/** The same, of a stack that must have some. @throws SwarmError notFound. */
export async function presentServices(cli: Cli, stack: string): Promise<readonly Service[]> {
  const services = (await stackServices(cli, stack)).flatMap(({ service }) => (service === null ? [] : [service]));
  if (services.length === 0) throw nothingFound(stack);
  return services;
}

export function nothingFound(stack: string): SwarmError {
  return new SwarmError("notFound", `Nothing found in stack: ${stack}`);
}

export function serviceName({ id, spec }: Pick<Service, "id" | "spec">): string {
  return spec?.annotations?.name ?? id;
}
