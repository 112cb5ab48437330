import { SwarmError } from "../../../shared/errors.ts";
import { type ImageReference, toFullText } from "../../../shared/image-reference.ts";
import { jsonObject } from "../../../shared/json.ts";
import { recordOf } from "../image-config.ts";

/** What containers-policy.json(5) wants of an image. */
export type Judgement =
  /** Any image is accepted. */
  | "any"
  | "none"
  /** A signature is to be checked, which skopeo does. */
  | "signed";

type Fields = Readonly<Record<string, unknown>>;

/**
 * How images from this place are judged: the rules of the longest scope that holds it count, of the transport's scopes
 * the one named "" holds all others, then the file's default.
 * @throws SwarmError failedPrecondition when the text is no policy.
 */
export function judgementOf(policy: string, image: ImageReference): Judgement {
  const content = jsonObject(policy);
  if (content === null) throw new SwarmError("failedPrecondition", "this host's signature policy cannot be read");
  const scopes = recordOf(recordOf(content["transports"])["docker"]);
  const rules = scopesOf(image)
    .map((scope) => ownValue(scopes, scope))
    .find((found) => found !== undefined);
  return judgementOfRules(rules ?? content["default"]);
}

/** From the image itself to its registry's domain, then everything. */
function scopesOf(image: ImageReference): readonly string[] {
  const { registry, path } = image;
  const parts = [registry, ...path.split("/")];
  const namespaces = parts.map((_, at) => parts.slice(0, parts.length - at).join("/"));
  const host = registry.replace(/:\d+$/, "").split(".");
  const wildcards = host.slice(1).map((_, at) => `*.${host.slice(at + 1).join(".")}`);
  return [toFullText({ ...image, digest: image.tag === null ? image.digest : null }), ...namespaces, ...wildcards, ""];
}

function judgementOfRules(rules: unknown): Judgement {
  const types = Array.isArray(rules) ? rules.map((rule) => recordOf(rule)["type"]) : [];
  if (types.includes("reject")) return "none";
  // No rule at all is a broken file: what skopeo says of it counts.
  return types.length > 0 && types.every((type) => type === "insecureAcceptAnything") ? "any" : "signed";
}

function ownValue(fields: Fields, key: string): unknown {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}
