import { SwarmError } from "../errors.ts";
import { labelsOf } from "../objects/labels.ts";
import type { NodeSpec } from "../rpc/gen/objects.ts";
import type { DockerJson } from "./common.ts";
import { type JsonShape, takeShape } from "./json-shape.ts";

const SHAPE: JsonShape = {
  fields: {
    Name: "text",
    Labels: { map: "text" },
    Role: { words: ["worker", "manager"] },
    Availability: { words: ["active", "pause", "drain"] },
  },
};

/** The node spec that a request's JSON means. @throws SwarmError invalidArgument; both choices must be made. */
export function readNodeJson(json: DockerJson): NodeSpec {
  const { Name, Labels, Role, Availability } = takeShape(json, SHAPE) as {
    readonly [Key in "Name" | "Role" | "Availability"]?: string;
  } & { readonly Labels?: Readonly<Record<string, string>> };
  return {
    annotations: { name: Name ?? "", labels: labelsOf(Object.entries(Labels ?? {})) },
    desiredRole: said("Role", Role) as NodeSpec["desiredRole"],
    availability: said("Availability", Availability) as NodeSpec["availability"],
    evacuation: null,
  };
}

/** The availability that a host asks for itself. @throws SwarmError invalidArgument */
export function readAvailability(word: string | undefined): NodeSpec["availability"] {
  return (word ?? "active").toUpperCase() as NodeSpec["availability"];
}

function said(field: string, word: string | undefined): string {
  if (word === undefined) throw new SwarmError("invalidArgument", `invalid ${field}: ""`);
  return word.toUpperCase();
}
