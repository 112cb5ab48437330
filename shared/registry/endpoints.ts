import { type ImageReference, parseImageReference, toFullText } from "../image-reference.ts";

/** One `[[registry]]` of containers-registries.conf(5). */
export interface RegistryRule {
  /** HOST[:PORT][/PATH...][:TAG], or `*.DOMAIN`. */
  readonly prefix: string;
  /** What takes the prefix's place; "" = nothing does (only with `*.DOMAIN`). */
  readonly location: string;
  readonly insecure: boolean;
  readonly blocked: boolean;
  readonly mirrorByDigestOnly: boolean;
  readonly mirrors: readonly MirrorRule[];
}

export interface MirrorRule {
  readonly location: string;
  readonly insecure: boolean;
  readonly pullFrom: "all" | "digest-only" | "tag-only";
}

/** Where an image may be asked for. */
export interface ImageSource {
  readonly image: ImageReference;
  /** A certificate that cannot be verified, or no TLS at all, is accepted. */
  readonly insecure: boolean;
}

export type Sources =
  | { readonly kind: "sources"; readonly sources: readonly ImageSource[] }
  | { readonly kind: "blocked" };

/**
 * Where to ask for an image, in order, as the rules say: those of the longest prefix count, mirrors come first. Short
 * names are no matter here: every reference names its registry.
 * @throws SwarmError invalidArgument when a rule makes something of the reference that is none.
 */
export function sourcesOf(image: ImageReference, rules: readonly RegistryRule[]): Sources {
  const text = toFullText(image);
  let best: RegistryRule | null = null;
  for (const rule of rules) {
    if (prefixLength(text, rule.prefix) === null) continue;
    if (best === null || rule.prefix.length > best.prefix.length) best = rule;
  }
  if (best === null) return { kind: "sources", sources: [{ image, insecure: false }] };
  if (best.blocked) return { kind: "blocked" };
  const { prefix, location, insecure, mirrorByDigestOnly } = best;
  const mirrors = best.mirrors.filter(({ pullFrom }) => {
    if (image.digest === null) return !mirrorByDigestOnly && pullFrom !== "digest-only";
    return mirrorByDigestOnly || pullFrom !== "tag-only";
  });
  const places = [...mirrors, { location, insecure }];
  return {
    kind: "sources",
    sources: places.map((place) => ({ image: rewritten(image, prefix, place.location), insecure: place.insecure })),
  };
}

/** How much of the reference a prefix covers; null = it does not apply. */
function prefixLength(text: string, prefix: string): number | null {
  let end = prefix.length;
  if (prefix.startsWith("*.")) {
    const at = text.indexOf(prefix.slice(1));
    if (at === -1 || text.slice(0, at).includes("/")) return null;
    end = at + prefix.length - 1;
  } else if (!text.startsWith(prefix)) return null;
  return end === text.length || ":/@".includes(text.charAt(end)) ? end : null;
}

function rewritten(image: ImageReference, prefix: string, location: string): ImageReference {
  if (location === "") return image;
  const text = toFullText(image);
  return parseImageReference(`${location}${text.slice(prefixLength(text, prefix) ?? 0)}`);
}
