import type { DockerJson } from "./common.ts";

/** How Docker's JSON writes the value of a list field. Maps and lists of words are the same there and here. */
export interface ListShape {
  readonly toDocker: (value: unknown) => unknown;
  readonly fromDocker: (json: unknown) => unknown;
}

/** A list whose elements Docker writes otherwise. */
export function eachElement<Element>(
  to: (element: Element) => DockerJson,
  from: (json: DockerJson) => Element,
): ListShape {
  return {
    toDocker: (value) => (value as readonly Element[]).map(to),
    fromDocker: (json) => (json as readonly DockerJson[]).map(from),
  };
}
