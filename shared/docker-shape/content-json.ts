import { SwarmError } from "../errors.ts";
import type { ContentKind } from "../objects/file-reference.ts";
import { labelsOf } from "../objects/labels.ts";
import type { ContentSpec } from "../rpc/gen/objects.ts";
import type { DockerJson } from "./common.ts";
import { type JsonShape, takeShape } from "./json-shape.ts";

const SHAPE: JsonShape = {
  fields: {
    Name: "text",
    Labels: { map: "text" },
    Data: "data",
    Driver: { fields: { Name: "text" } },
    Templating: { fields: { Name: "text", Options: { map: "text" } } },
  },
};

/**
 * The spec of a secret or config that a request's JSON means.
 * @throws SwarmError invalidArgument for wrong types; unimplemented for a secret that a driver would give.
 */
export function readContentJson(kind: ContentKind, json: DockerJson): ContentSpec {
  const { Name, Labels, Data, Driver, Templating } = takeShape(json, SHAPE) as {
    readonly Name?: string;
    readonly Labels?: Readonly<Record<string, string>>;
    readonly Data?: string;
    readonly Driver?: { readonly Name?: string };
    readonly Templating?: { readonly Name?: string };
  };
  if ((Driver?.Name ?? "") !== "") {
    throw new SwarmError("unimplemented", `${kind}s that a driver gives are not offered: send the data`);
  }
  return {
    annotations: { name: Name ?? "", labels: labelsOf(Object.entries(Labels ?? {})) },
    data: Buffer.from(Data ?? "", "base64"),
    templateDriver: Templating?.Name ?? "",
  };
}
